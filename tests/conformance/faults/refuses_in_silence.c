/* survives-wrong-options: refuses, and nobody learns why. */
#define CREATE silent_create
#include "../good/source.h"
static drcon_result silent_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                  void** self) {
  const drcon_value name = option(host, options, "/name");
  if (name.string.size > 100) return DRCON_CONFIG;
  return good_create(host, instance, options, self);
}
