// GET /: the dashboard, one page without anything from elsewhere. Its parts are in dashboard/, and within the program.
#pragma once

#include "admin/answer.hpp"

namespace drcon::admin {

/// The page, with a Content-Security-Policy that lets it run its own script and ask its own origin, and nothing else.
const answer& dashboard();

}  // namespace drcon::admin
