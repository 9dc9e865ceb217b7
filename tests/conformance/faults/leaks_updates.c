/* frees-each-update: keeps a copy of each update and never frees it. */
#define TAKE hoarding_take
#include "../good/sink.h"
static void hoarding_take(struct sink* self, const drcon_update* update) {
  char* kept = malloc(200);
  if (kept != NULL) memset(kept, 1, 200);
  self->words = kept;
  good_take(self, update);
}
