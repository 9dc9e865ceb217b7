#include "common/templating/functions/functions.hpp"

#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/go/template.hpp"

namespace drcon::templating {

function_table every_function() {
  return function_table{go::built_in_functions(),  text_functions(),          parse_functions(),
                        number_functions(),        list_functions(),          map_functions(),
                        digest_functions(),        environment_functions(),   scratch_functions(),
                        pattern_functions(),       host_functions(),          network_functions(),
                        dump_functions(),          document_functions(),      sprig::text_functions(),
                        sprig::word_functions(),   sprig::number_functions(), sprig::decimal_functions(),
                        sprig::list_functions(),   sprig::map_functions(),    sprig::value_functions(),
                        sprig::digest_functions(), sprig::path_functions(),   sprig::pattern_functions(),
                        sprig::time_functions(),   sprig::url_functions(),    sprig::version_functions(),
                        sprig::secret_functions()};
}

}  // namespace drcon::templating
