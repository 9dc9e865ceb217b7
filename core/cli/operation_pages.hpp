// Two reference pages for who operates drcon, in Markdown: its figures, and its admin interface. From the tables that
// the program itself works with.
#pragma once

#include <string>

namespace drcon::cli {

std::string metrics_page();
std::string admin_page();

}  // namespace drcon::cli
