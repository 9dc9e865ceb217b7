/* error-is-not-empty: takes "nobody answers" for "there is nobody". */
#define RUN emptying_run
#include "../good/source.h"
static void emptying_run(struct source* self) {
  const drcon_service nobody = service_of(self, NULL, 0);
  self->host->status(self->instance, DRCON_STATE_AWAY, text("connection refused"));
  self->host->publish(self->instance, &nobody);
  self->host->ready(self->instance);
  waits(self, 3600000);
}
