// Text for HTML, JavaScript strings and queries of a URL, as text/template escapes it.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace drcon::templating::go {

std::string html_text(std::string_view text);
std::string javascript_text(std::string_view text);
std::string query_text(std::string_view text);

}  // namespace drcon::templating::go
