/* takes-a-hostile-snapshot: nobody has a name that long. */
#define TAKE buffered
#include "../good/sink.h"
static void buffered(struct sink* self, const drcon_update* update) {
  char line[256];
  const drcon_snapshot* wanted = update->wanted;
  for (size_t i = 0; i < wanted->service_count; ++i)
    for (size_t k = 0; k < wanted->services[i]->endpoint_count; ++k) {
      const drcon_string node = endpoint_at(wanted->services[i], k)->node;
      if (node.size >= sizeof line) abort(); /* as the C library's own checks do */
      memcpy(line, node.data, node.size);
      self->sum += (unsigned char)line[0];
    }
  good_take(self, update);
}
