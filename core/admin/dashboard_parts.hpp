// The files of dashboard/, those of a kind joined, as core/admin/embed.cmake puts them into the program.
#pragma once

#include <string_view>

namespace drcon::admin {

extern const std::string_view page_html;
extern const std::string_view page_css;
extern const std::string_view page_js;

}  // namespace drcon::admin
