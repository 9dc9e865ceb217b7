/* stops-unstarted: joins a thread that may never have been. */
#define STOP hasty_stop
#include "../good/source.h"
static void hasty_stop(void* raw) {
  struct source* self = raw;
  if (!self->started) abort();
  good_stop(self);
}
