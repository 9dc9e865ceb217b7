// A reference page on a terminal, in Markdown, or as a manual page. Any thread.
#pragma once

#include "reference/page.hpp"

#include <string>

namespace drcon::reference {

/// Lines of at most 100 columns.
std::string as_text(const page& page);

std::string as_markdown(const page& page);

/// In man(7). `date` is that of the page's head, "2026-01-31"; it may be empty.
std::string as_man(const page& page, const std::string& date);

/// Where as_man's page belongs: "man5/drcon.toml.5", "man7/drcon-nginx.7".
std::string man_file(const page& page);

}  // namespace drcon::reference
