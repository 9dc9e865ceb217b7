/* publishes-well-formed: no stride. */
#define RUN strideless_run
#include "../good/source.h"
static void strideless_run(struct source* self) {
  const drcon_endpoint one = good_endpoint(self);
  drcon_service all = service_of(self, &one, 1);
  all.endpoint_size = 0;
  self->host->publish(self->instance, &all);
  waits(self, 3600000);
}
