/* The good source in C: passes every case. */
#include "source.h"
