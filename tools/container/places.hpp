// Where things are in the image; packaging/image makes what is there before.
#pragma once

namespace drcon::container::places {

inline constexpr auto mounted = "/etc/drcon/drcon.toml";  ///< of a user of the image; the image has none
inline constexpr auto made = "/run/drcon/drcon.toml";
inline constexpr auto socket = "/run/drcon/admin.sock";
inline constexpr auto run = "/run/drcon";
inline constexpr auto state = "/var/lib/drcon";
inline constexpr auto nginx_config = "/etc/drcon/nginx.conf";
inline constexpr auto nginx_pid = "/run/drcon/nginx.pid";
inline constexpr auto nginx_directory = "/run/drcon/nginx";
inline constexpr auto routes = "/run/drcon/nginx/routes.conf";
inline constexpr auto route_template = "/run/drcon/routes.conf.mustache";
inline constexpr auto kept = "/run/drcon/nginx/kept.conf";  ///< the one file of the sink that keeps nginx
inline constexpr auto kept_template = "/run/drcon/kept.conf.mustache";
inline constexpr auto user = "drcon";
inline constexpr auto docker_socket = "/var/run/docker.sock";

}  // namespace drcon::container::places
