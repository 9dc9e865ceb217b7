/* links-what-it-uses: calls what only the host happens to be linked with. */
#include "../good/source.h"
extern const char* TLS_method(void);
const void* luck(void);
__attribute__((visibility("hidden"), used)) const void* luck(void) { return TLS_method(); }
