// Who may ask what. The unix socket's permissions have decided already; over TCP a token does.
//
// A pure rule.
#pragma once

#include "admin/answer.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace drcon::admin {

enum class way_in { unix_socket, tcp };

struct access_rules {
  std::string token;  ///< [admin] token; empty: none
};

/// The refusal, or nothing when it may be asked. Without a token TCP may read, by a name that no other web page can
/// have (an address, or localhost: against DNS rebinding), and never write. With one, all but the dashboard's empty
/// page and /healthz need it: RFC 6750, "Authorization: Bearer TOKEN".
std::optional<answer> refusal(const access_rules& rules, way_in by, const asked& what, std::string_view host,
                              std::string_view authorization);

/// Over TCP: whether the request shows that its client may ask. Without a token everybody may.
bool shows_who(const access_rules& rules, std::string_view authorization);

}  // namespace drcon::admin
