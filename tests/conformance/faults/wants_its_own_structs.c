/* takes-longer-structs: believes that a struct never grows. */
#define TAKE exact
#include "../good/sink.h"
static void exact(struct sink* self, const drcon_update* update) {
  if (update->size != sizeof(drcon_update)) abort();
  good_take(self, update);
}
