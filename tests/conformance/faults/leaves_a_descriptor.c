/* leaves-no-descriptor: opens and never closes. */
#define START opening_start
#include <fcntl.h>
#include "../good/source.h"
static drcon_result opening_start(void* self) {
  (void)!open("/dev/null", O_RDONLY | O_CLOEXEC);
  return good_start(self);
}
