// Reads a template of Go's language into a tree.
//
// Pure functions.
#pragma once

#include "common/templating/fault.hpp"
#include "common/templating/go/lexer.hpp"
#include "common/templating/go/tree.hpp"

#include <memory>
#include <variant>

namespace drcon::templating::go {

std::variant<std::unique_ptr<const tree>, fault> parse(std::string name, std::string text,
                                                       const function_table& functions, const delimiters& marks);

}  // namespace drcon::templating::go
