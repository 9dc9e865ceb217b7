// From upstreams to the bytes of the file.
//
// Pure: equal upstreams give equal bytes.
#pragma once

#include "nginx/desired.hpp"
#include "nginx/last_servers.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::nginx {

/// What stands for a service without endpoints when nothing is kept.
inline constexpr std::string_view nobody = "127.0.0.1:1";

/// First line of the block that answers the generation.
inline constexpr std::string_view listener_heading = "# Answers which generation of this file nginx has loaded";

/// Path that answers it.
inline constexpr std::string_view generation_path = "/.drcon-generation";

enum class empty_policy {
  keep,         ///< the last servers stay; without any, as down_server
  answer_503,   ///< requests are answered 503 by this very nginx
  down_server,  ///< a server that is marked down: nginx answers 502
};

struct layout {
  std::string sink;           ///< name of the sink, for the heading
  std::string user_template;  ///< mustache; empty: the built-in form
  std::string balance;        ///< directive of the built-in form, or empty: round robin
  std::int64_t keepalive = 0;
  std::string server_options;  ///< of the built-in form: " max_fails=…"
  empty_policy empty = empty_policy::keep;
  std::optional<boost::asio::ip::tcp::endpoint> listener;  ///< answers the generation; none: confirm = "workers"
};

struct rendered {
  std::string bytes;
  std::string generation;  ///< a hash of everything else in it
};

/// `last` tells what an empty service had. A service whose servers come from there is rendered like any other.
rendered render(const std::vector<upstream>& upstreams, const last_servers& last, const layout& form);

}  // namespace drcon::nginx
