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
  std::string sticky;         ///< directive of the built-in form, or empty: requests go where `balance` says
  bool can_stick = false;     ///< nginx has the directive, and `drain` for servers
  std::int64_t keepalive = 0;
  bool keeps_by_default = false;  ///< nginx keeps idle connections to an upstream that does not say how many
  std::string server_options;     ///< of the built-in form: " max_fails=…"
  bool by_variable = false;       ///< $drcon_upstream is to be the upstream of the service that $drcon_service names
  empty_policy empty = empty_policy::keep;
  std::optional<boost::asio::ip::tcp::endpoint> listener;  ///< answers the generation; none: confirm = "workers"
};

struct rendered {
  std::string bytes;
  std::string generation;  ///< a hash of everything else in it
};

/// The servers that an upstream is rendered with: its own; else, by policy, the last ones, or one that stands for
/// nobody.
struct rendered_servers {
  std::vector<server> servers;
  std::string note;  ///< why they are not its own
};
rendered_servers servers_of(const upstream& each, const last_servers& last, const layout& form);

/// The upstream that $drcon_upstream is in mode "live", and for what is no service otherwise.
inline constexpr std::string_view upstream_for_all = "drcon";

/// The first line of the file.
std::string render_heading(const layout& form);
/// How many idle connections an upstream keeps, at the end of its block; empty where nginx keeps none by itself, since
/// it may refuse `keepalive 0`.
std::string render_keepalive(const layout& form);
/// Whether a file has been written for an nginx that keeps connections by itself, so that it keeps none.
bool keeps_none(const std::string& file);
/// The server block that answers the generation; empty without a listener.
std::string render_listener(const layout& form, const std::string& generation);

/// `last` tells what an empty service had. A service whose servers come from there is rendered like any other.
rendered render(const std::vector<upstream>& upstreams, const last_servers& last, const layout& form);

}  // namespace drcon::nginx
