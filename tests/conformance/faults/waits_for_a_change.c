/* reconciles: answers only when there is something to change. */
#define TAKE changed_only
#include "../good/sink.h"
static void changed_only(struct sink* self, const drcon_update* update) {
  if (update->flags & DRCON_UPDATE_RECONCILE) return;
  good_take(self, update);
}
