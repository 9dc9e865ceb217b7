/* creates-without-io: looks whether its server is there. */
#define CREATE probing_create
#include <sys/socket.h>
#include <unistd.h>
#include "../good/source.h"
static drcon_result probing_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                   void** self) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe >= 0) close(probe);
  return good_create(host, instance, options, self);
}
