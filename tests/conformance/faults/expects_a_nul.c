/* reads-options-by-length: takes a drcon_string for a C string. */
#define CREATE c_create
#include "../good/source.h"
static drcon_result c_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                             void** self) {
  const drcon_result result = good_create(host, instance, options, self);
  struct source* made = *self;
  free(made->name);
  made->name = strdup(option(host, options, "/name").string.data);
  return result;
}
