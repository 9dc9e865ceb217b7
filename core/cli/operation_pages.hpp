// Reference pages for who operates drcon, in Markdown: its figures, its admin interface, and its codes. From the tables
// that the program itself works with.
#pragma once

#include <string>

namespace drcon::cli {

std::string metrics_page();
std::string admin_page();
/// Every code that a program may compare with: of status, doctor, journal and refusals.
std::string codes_page();

}  // namespace drcon::cli
