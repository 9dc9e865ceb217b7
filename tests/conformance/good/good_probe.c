/* A good sink in C that can look whether it works: passes every case. */
#define PROBE looking_probe
#include "sink.h"
static void looking_probe(void* self, const drcon_probe_call* call) {
  const drcon_probe_finding found = {.size = sizeof found,
                                     .subject = DRCON_PROBE_REACHABLE,
                                     .state = DRCON_PROBE_OK,
                                     .what = text("memory is always there")};
  (void)self;
  call->found(call->receiver, &found);
}
