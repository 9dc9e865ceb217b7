// The abilities that the host offers in drcon and in a process of a plugin's own: both have all of these, each with its
// own way to drcon.
//
// Thread rule: constant.
#pragma once

#include <drcon/configuration.h>
#include <drcon/names.h>

#include <string_view>

namespace drcon::plugins {

class host_abilities {
public:
  constexpr host_abilities(decltype(drcon_configuration::file) file, decltype(drcon_names::unknown) names_unknown,
                           decltype(drcon_names::known) names_known)
      : configuration_{.size = sizeof(drcon_configuration), .reserved = 0, .file = file},
        names_{.size = sizeof(drcon_names), .reserved = 0, .unknown = names_unknown, .known = names_known} {}

  /// Null when none has that name.
  const void* find(std::string_view name) const {
    if (name == DRCON_CONFIGURATION) return &configuration_;
    return name == DRCON_NAMES ? &names_ : nullptr;
  }

private:
  drcon_configuration configuration_;
  drcon_names names_;
};

}  // namespace drcon::plugins
