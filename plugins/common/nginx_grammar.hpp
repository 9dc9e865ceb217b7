// Which texts can be written into nginx's configuration language.
//
// nginx has no escape for "$" where variables are allowed, so that quoting is not enough: some values are refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drcon::common::nginx {

/// May stand as the name of an upstream, and so as a host in proxy_pass.
bool is_upstream_name(std::string_view text);

/// What in the text has a meaning for nginx: "';'", "a control character". Nothing when it is harmless.
std::optional<std::string> hazard(std::string_view text);

/// The text as one argument: quoted when it holds a space or is empty. Only for texts without a hazard.
std::string argument(std::string_view text);

}  // namespace drcon::common::nginx
