/* has-no-executable-stack: linked with -z execstack. */
#include "../good/source.h"
