/* takes-settings: a service without endpoints is impossible to it. */
#define TAKE routed
#include "../good/sink.h"
static void routed(struct sink* self, const drcon_update* update) {
  for (size_t i = 0; i < update->wanted->service_count; ++i)
    if (update->wanted->services[i]->value_count > 0) abort();
  good_take(self, update);
}
