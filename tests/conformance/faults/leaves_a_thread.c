/* leaves-no-thread: detaches what it does not care to wait for. */
#define START two_threads
#include <unistd.h>
#include "../good/source.h"
static void* sleeper(void* nothing) {
  for (;;) pause();
  return nothing;
}
static drcon_result two_threads(void* self) {
  pthread_t second;
  if (pthread_create(&second, NULL, &sleeper, NULL) == 0) pthread_detach(second);
  return good_start(self);
}
