/* exports-one-symbol: built without hidden visibility and without an export map, as a bare compiler does. */
#include "../good/source.h"
void helper_of_two_plugins(void) {}
