/* creates-without-io: begins its work too early. */
#define CREATE eager_create
#define START nothing_more
#include "../good/source.h"
static drcon_result eager_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                 void** self) {
  const drcon_result result = good_create(host, instance, options, self);
  return result == DRCON_OK ? good_start(*self) : result;
}
static drcon_result nothing_more(void* self) {
  (void)self;
  return DRCON_OK;
}
