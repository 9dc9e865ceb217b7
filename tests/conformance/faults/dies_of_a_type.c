/* survives-wrong-options: a schema that lets any type pass, and a create that believes it. */
#define SCHEMA                                                                                                    \
  "{\"type\": \"object\", \"properties\": {\"name\": {\"default\": \"web\", \"description\": \"The service.\"}, " \
  "\"port\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 65535, \"default\": 80, "                       \
  "\"description\": \"Its port.\"}}}"
#define CREATE trusting_create
#include "../good/source.h"
static drcon_result trusting_create(const drcon_host* host, drcon_instance* instance, const drcon_options* options,
                                    void** self) {
  if (option(host, options, "/name").type != DRCON_VALUE_STRING) abort();
  return good_create(host, instance, options, self);
}
