/* answers-once: forgets to answer the second update. */
#define TAKE once_only
#include "../good/sink.h"
static void once_only(struct sink* self, const drcon_update* update) {
  if (self->sum++ == 0) answer(self, update->ticket);
}
