/* writes-what-it-renders: says that it has applied what it has not written. */
#define TAKE idle_take
#include "../good/sink.h"
static void idle_take(struct sink* self, const drcon_update* update) {
  self->has_target = 1;
  answer(self, update->ticket);
}
