#include "plugins/options.hpp"

#include <drcon/detail/json_options.hpp>

namespace drcon::plugins {

void read_option(const drcon_options& options, drcon_string pointer, drcon_value& out) {
  detail::read_option(options.values, view(pointer), out);
}

drcon_string option_key(const drcon_options& options, drcon_string pointer, std::size_t i) {
  return detail::option_key(options.values, view(pointer), i);
}

}  // namespace drcon::plugins
