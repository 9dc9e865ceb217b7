#include "common/templating/functions/functions.hpp"

#include "common/templating/go/template.hpp"

namespace drcon::templating {

function_table every_function() {
  return function_table{go::built_in_functions(), text_functions(),    parse_functions(),   number_functions(),
                        list_functions(),         map_functions(),     digest_functions(),  environment_functions(),
                        scratch_functions(),      pattern_functions(), document_functions()};
}

}  // namespace drcon::templating
