/* defaults-fit: a default that no user could write. */
#define SCHEMA                                                                                                   \
  "{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\", \"default\": \"web\", "              \
  "\"description\": \"The service.\"}, \"port\": {\"type\": \"integer\", \"minimum\": 100, \"maximum\": 65535, " \
  "\"default\": 80, \"description\": \"Its port.\"}}}"
#include "../good/source.h"
