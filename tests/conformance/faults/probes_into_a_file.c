/* probes-without-touching: finds out whether it can write by writing. */
#define PROBE writing_probe
#include <fcntl.h>
#include <unistd.h>
#include "../good/sink.h"
static void writing_probe(void* self, const drcon_probe_call* call) {
  const int file = open("probed", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  (void)self;
  (void)call;
  if (file >= 0) close(file);
}
