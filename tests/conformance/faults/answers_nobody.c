/* answers-once: answers no update at all. */
#define TAKE silent_take
#include "../good/sink.h"
static void silent_take(struct sink* self, const drcon_update* update) {
  (void)self;
  (void)update;
}
