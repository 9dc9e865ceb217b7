// drcon import registrator: from its command line to a docker source and a consul-catalog sink.
//
// Thread rule: pure functions but for the environment that they ask.
#pragma once

#include "import/flags.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace drcon::importing {

std::span<const flag> registrator_flags();

/// `words` may begin with the program's own name, or be the `docker run` that starts it. `environment` is
/// Registrator's: DOCKER_HOST, CONSUL_HTTP_TOKEN and their kin.
std::string translated_registrator(std::span<const std::string> words,
                                   const std::function<std::optional<std::string>(const std::string&)>& environment,
                                   report& found);

}  // namespace drcon::importing
