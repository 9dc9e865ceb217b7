// The files of dashboard/, as core/admin/embed.cmake puts them into the program.
#pragma once

#include <string_view>

namespace drcon::admin {

extern const std::string_view index_html;
extern const std::string_view style_css;
extern const std::string_view script_js;

}  // namespace drcon::admin
