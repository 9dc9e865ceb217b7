/* The good sink in C: passes every case. */
#include "sink.h"
