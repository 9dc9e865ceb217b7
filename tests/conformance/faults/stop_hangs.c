/* stops: waits for a thread that nobody told. */
#define STOP waiting_stop
#include "../good/source.h"
static void waiting_stop(void* raw) {
  struct source* self = raw;
  if (self->started) pthread_join(self->thread, NULL);
}
