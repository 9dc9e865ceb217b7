/* starts: does its work within start. */
#define START working_start
#include "../good/source.h"
static drcon_result working_start(void* self) {
  good_run(self);
  return DRCON_OK;
}
