// What sources may publish, as far as their options say it: the options that a plugin's schema names with "publishes".
//
// Pure functions.
#pragma once

#include "config/configuration.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace drcon::config {

struct published {
  bool any_service = false;
  std::set<std::string, std::less<>> services;
  std::set<std::string, std::less<>> keys;  ///< without a slash in front
  std::set<std::string, std::less<>> key_prefixes;

  bool may_have_service(std::string_view name) const;
  bool may_have_key(std::string_view path) const;
  /// Whether a key may begin with it.
  bool may_have_keys_below(std::string_view prefix) const;

  void add(const published& other);
};

/// `schema` is that of the source's plugin. Nothing when it does not say what the source publishes.
std::optional<published> published_by(const instance_config& source, const nlohmann::json& schema);

}  // namespace drcon::config
