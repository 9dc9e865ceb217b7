/* creates-without-io: lets a thread do what create should. */
#include <pthread.h>
#define CREATE threaded_create
#include "../good/source.h"
static void* nothing(void* of) { return of; }
static drcon_result threaded_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                    void** self) {
  pthread_t helper;
  if (pthread_create(&helper, NULL, nothing, NULL) == 0) pthread_join(helper, NULL);
  return good_create(host, instance, options, self);
}
