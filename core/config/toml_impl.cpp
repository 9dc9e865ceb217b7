// The one place where toml++ is compiled for the host.
#define TOML_IMPLEMENTATION
#include <drcon/toml.hpp>
