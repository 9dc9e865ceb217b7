// The file that nginx includes in mode "live": the module, and one upstream for each service, or one for all of them.
//
// Its shape is all but the servers. Those in it serve only while nginx has no set of peers; they are those of the last
// change of shape, since to write others would take a reload. Pure functions.
#pragma once

#include "nginx/render.hpp"

#include <chrono>
#include <string>

namespace drcon::nginx {

struct live_layout {
  std::string module;          ///< path of drcon.lua
  std::string socket;          ///< where nginx takes the peers
  std::string peers;           ///< path of the file that has them
  std::size_t dict_bytes = 0;  ///< of the shared dict
  std::string method;          ///< as drcon.lua calls it
  std::string hash_key;        ///< nginx variables
  std::int64_t max_fails = 1;
  std::chrono::seconds fail_timeout{10};
  std::chrono::seconds slow_start{};
};

/// `file`: what is there. When it has the shape that is desired, and was not edited, it stays as it is.
rendered render_include(const std::vector<upstream>& all, const last_servers& last, const layout& form,
                        const live_layout& live, const std::string& file);

/// Whether this text is a file of mode "live".
bool is_include(const std::string& file);

}  // namespace drcon::nginx
