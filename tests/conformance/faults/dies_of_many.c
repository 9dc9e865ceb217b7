/* takes-a-huge-snapshot: room for so many and no more. */
#define TAKE tabled
#include "../good/sink.h"
static void tabled(struct sink* self, const drcon_update* update) {
  const drcon_service* table[512];
  for (size_t i = 0; i < update->wanted->service_count; ++i) {
    if (i == 512) abort();
    table[i] = update->wanted->services[i];
    self->sum += table[i]->revision;
  }
  good_take(self, update);
}
