/* leaves-answered-updates: looks at the update once more. */
#define TAKE once_more
#include "../good/sink.h"
static void once_more(struct sink* self, const drcon_update* update) {
  good_take(self, update);
  self->sum += update->wanted->service_count;
}
