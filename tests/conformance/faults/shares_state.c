/* instances-are-apart: there is one line to the host, that of whoever was created last. */
#define CREATE sharing_create
#define RUN sharing_run
#include "../good/source.h"
static drcon_instance* line;
static drcon_result sharing_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                   void** self) {
  line = instance;
  return good_create(host, instance, options, self);
}
static void sharing_run(struct source* self) {
  self->instance = line;
  good_run(self);
}
