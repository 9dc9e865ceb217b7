/* publishes-well-formed: two endpoints of one id. */
#define RUN twin_run
#include "../good/source.h"
static void twin_run(struct source* self) {
  const drcon_endpoint twins[2] = {good_endpoint(self), good_endpoint(self)};
  const drcon_service all = service_of(self, twins, 2);
  self->host->publish(self->instance, &all);
  self->host->ready(self->instance);
  waits(self, 3600000);
}
