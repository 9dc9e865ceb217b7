// The functions of Masterminds' sprig that Consul Template offers as sprig_NAME: each file has those of one subject.
// Those that are random (a key, a certificate, a shuffled text) are not there, since a file would change each time.
//
// Thread rule: the tables are constants.
#pragma once

#include "common/templating/function.hpp"

namespace drcon::templating::sprig {

std::span<const function> text_functions();
std::span<const function> word_functions();
std::span<const function> number_functions();
std::span<const function> decimal_functions();
std::span<const function> list_functions();
std::span<const function> map_functions();
std::span<const function> value_functions();
std::span<const function> digest_functions();
std::span<const function> secret_functions();
std::span<const function> path_functions();
std::span<const function> pattern_functions();
std::span<const function> time_functions();
std::span<const function> url_functions();
std::span<const function> version_functions();

}  // namespace drcon::templating::sprig
