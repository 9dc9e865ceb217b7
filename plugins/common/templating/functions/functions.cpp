#include "common/templating/functions/functions.hpp"

#include "common/templating/go/template.hpp"

namespace drcon::templating {

function_table every_function() { return function_table{go::built_in_functions()}; }

}  // namespace drcon::templating
