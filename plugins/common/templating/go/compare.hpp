// Go's rules for comparing values in templates: numbers with numbers of the same kind, signed with unsigned whole ones,
// texts with texts.
//
// Pure functions. They throw a `failure` for values that cannot be compared.
#pragma once

#include "common/templating/value.hpp"

namespace drcon::templating::go {

bool equal(const value& left, const value& right);
bool less(const value& left, const value& right);

}  // namespace drcon::templating::go
