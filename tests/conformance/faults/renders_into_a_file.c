/* renders-without-touching: writes what it would write. */
#define RENDER writing_render
#include <fcntl.h>
#include <unistd.h>
#include "../good/sink.h"
static drcon_result writing_render(void* self, const drcon_update* update) {
  const int file = open("rendered", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  return good_render(self, update);
}
