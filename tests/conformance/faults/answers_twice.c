/* answers-once: answers on two ways out. */
#define TAKE twice
#include "../good/sink.h"
static void twice(struct sink* self, const drcon_update* update) {
  const uint64_t ticket = update->ticket;
  answer(self, ticket);
  answer(self, ticket);
}
