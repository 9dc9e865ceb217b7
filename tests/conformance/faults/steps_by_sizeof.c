/* walks-by-stride: an array of endpoints is no array of drcon_endpoint. */
#define TAKE indexed
#include "../good/sink.h"
static void indexed(struct sink* self, const drcon_update* update) {
  const drcon_snapshot* wanted = update->wanted;
  for (size_t i = 0; i < wanted->service_count; ++i)
    for (size_t k = 0; k < wanted->services[i]->endpoint_count; ++k)
      if (wanted->services[i]->endpoint_size != sizeof(drcon_endpoint) + 16)
        self->sum += wanted->services[i]->endpoints[k].port;
  answer(self, update->ticket);
}
