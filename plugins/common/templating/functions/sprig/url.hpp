// URLs taken apart and put together, as Go's net/url does.
//
// Pure functions. They throw a `failure`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drcon::templating::sprig {

struct url {
  struct user_info {
    std::string name;
    std::optional<std::string> password;
    /// With escapes.
    std::string text() const;
  };

  std::string scheme;
  std::string opaque;  // all behind the scheme, when no slash follows it
  std::optional<user_info> user;
  std::string host;  // with the port
  std::string path;
  std::string query;
  std::string fragment;

  static url read(std::string_view text);
  /// The host without port and brackets.
  std::string_view host_name() const;
  /// With escapes.
  std::string text() const;
};

}  // namespace drcon::templating::sprig
