"""What is registered in a cell: each change lets one endpoint of a service come and another one go."""

STEADY = {("steady", 20000), ("steady", 20001)}
STAYS = ("a", 20010)
TURNS = [("a", 20011), ("a", 20012)]  # there by turns
VISITOR = ("b", 20020)  # the only endpoint of a service that is there at every second change, for who can follow that
PORTS = sorted(port for _, port in STEADY | {STAYS, VISITOR} | set(TURNS))


def truth(turn, with_visitor):
    """Set of (service, port) after so many changes."""
    now = STEADY | {STAYS, TURNS[turn % 2]}
    return now | {VISITOR} if with_visitor and turn % 2 == 1 else now
