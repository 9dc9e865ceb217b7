/* reads-updates-by-length: takes a drcon_string for a C string. */
#define TAKE c_style
#include "../good/sink.h"
static void c_style(struct sink* self, const drcon_update* update) {
  for (size_t i = 0; i < update->wanted->service_count; ++i) {
    const drcon_string name = update->wanted->services[i]->name;
    if (name.size < 200) self->sum += strlen(name.data);
  }
  good_take(self, update);
}
