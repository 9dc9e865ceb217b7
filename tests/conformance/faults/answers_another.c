/* answers-once: answers an update that never was. */
#define TAKE next_ticket
#include "../good/sink.h"
static void next_ticket(struct sink* self, const drcon_update* update) {
  const uint64_t ticket = update->ticket;
  answer(self, ticket);
  if (ticket == 3) answer(self, ticket + 1000);
}
