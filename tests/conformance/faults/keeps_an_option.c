/* keeps-no-options: keeps the host's text instead of a copy. */
#define CREATE keeping_create
#define START late_start
#include "../good/source.h"
static drcon_result keeping_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                   void** self) {
  const drcon_result result = good_create(host, instance, options, self);
  ((struct source*)*self)->borrowed = option(host, options, "/name").string;
  return result;
}
static drcon_result late_start(void* raw) {
  struct source* self = raw;
  free(self->name);
  self->name = strndup(self->borrowed.data, self->borrowed.size);
  return good_start(self);
}
