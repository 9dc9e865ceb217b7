/* answers-once: "retry", and nobody learns why. */
#define TAKE sullen
#include "../good/sink.h"
static void sullen(struct sink* self, const drcon_update* update) {
  self->host->done(self->instance, update->ticket, DRCON_RETRY, text(""));
}
