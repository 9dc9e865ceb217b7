/* describes-its-options: nobody can tell what "name" means. */
#define SCHEMA                                                                                       \
  "{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\", \"default\": \"web\"}, " \
  "\"port\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 65535, \"default\": 80, "          \
  "\"description\": \"Its port.\"}}}"
#include "../good/source.h"
