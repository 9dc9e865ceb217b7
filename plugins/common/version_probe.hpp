// Whether a server has a version that drcon has been tested with.
//
// Thread rule: any.
#pragma once

#include <drcon/probe.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace drcon::common {

/// `which`: the server with its version, as the message names it, such as "HAProxy 3.2.26". `version`: its number
/// alone; empty, for a server of another name, is of no release. `tested`: releases, each as "3.2". `before`: what the
/// message has before their list, for a server that goes by several names.
void probe_tested_version(const std::string& which, std::string_view version,
                          std::initializer_list<std::string_view> tested, const probing& into,
                          std::string_view before = {});

}  // namespace drcon::common
