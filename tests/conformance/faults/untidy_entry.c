/* entry-is-tidy: says nothing of itself. */
#define SUMMARY ""
#include "../good/source.h"
