/* stops-at-once: stop counts on a thread that has hardly begun. */
#define RUN slow_run
#define STOP counting_stop
#include <unistd.h>
#include "../good/source.h"
static void slow_run(struct source* self) {
  usleep(20000);
  pthread_mutex_lock(&self->mutex);
  self->started = 2;
  pthread_mutex_unlock(&self->mutex);
  good_run(self);
}
static void counting_stop(void* raw) {
  struct source* self = raw;
  pthread_mutex_lock(&self->mutex);
  if (self->started == 1) abort();
  pthread_mutex_unlock(&self->mutex);
  good_stop(self);
}
