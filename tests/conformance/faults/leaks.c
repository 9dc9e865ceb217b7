/* frees-itself: forgets itself. */
#define DESTROY forgetful_destroy
#include "../good/source.h"
static void forgetful_destroy(void* raw) {
  struct source* self = raw;
  pthread_cond_destroy(&self->wake);
  pthread_mutex_destroy(&self->mutex);
}
