/* silent-after-stop: says a last word when it is destroyed. */
#define DESTROY talking_destroy
#include "../good/source.h"
static void talking_destroy(void* raw) {
  good_publish(raw);
  good_destroy(raw);
}
