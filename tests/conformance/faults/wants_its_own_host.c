/* takes-a-newer-host: believes that a table never grows. */
#define CREATE strict_create
#include "../good/source.h"
static drcon_result strict_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                  void** self) {
  if (host->size != sizeof(drcon_host)) {
    host->failed(instance, text(""), text("this is not my host"));
    return DRCON_CONFIG;
  }
  return good_create(host, instance, options, self);
}
