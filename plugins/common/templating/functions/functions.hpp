// The functions that Consul Template adds to Go's, but for those that ask a registry: each file has those of one
// subject, as a table of name, arguments and meaning.
//
// Thread rule: the tables are constants.
#pragma once

#include "common/templating/function.hpp"

namespace drcon::templating {

std::span<const function> text_functions();
std::span<const function> parse_functions();
std::span<const function> number_functions();
std::span<const function> list_functions();
std::span<const function> map_functions();
std::span<const function> digest_functions();
std::span<const function> pattern_functions();
std::span<const function> environment_functions();
std::span<const function> scratch_functions();
std::span<const function> document_functions();
std::span<const function> host_functions();
std::span<const function> network_functions();
std::span<const function> dump_functions();

/// Go's own and all of the above.
function_table every_function();

}  // namespace drcon::templating
