/* stops-during-apply: is taken by surprise when stop comes before it has answered. */
#define TAKE surprised
#include <unistd.h>
#include "../good/sink.h"
static void surprised(struct sink* self, const drcon_update* update) {
  usleep(50000);
  pthread_mutex_lock(&self->mutex);
  if (self->stopping) abort();
  pthread_mutex_unlock(&self->mutex);
  answer(self, update->ticket);
}
