// What nginx cannot take of the upstreams, so that everything else is applied without it.
//
// Pure functions. nginx does not distinguish case in names and addresses.
#pragma once

#include "nginx/desired.hpp"
#include "nginx/last_servers.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace drcon::nginx {

/// And why.
struct left_out {
  std::map<std::string, std::string> services;
  std::map<std::pair<std::string, std::string>, std::string> endpoints;  ///< by service and id
};

/// Takes a service off, for nginx has an upstream of that name already. False when there is none.
bool leave_out_service(std::vector<upstream>& all, const std::string& name, const std::string& why, left_out& into);

/// Takes off what nginx -t names in its refusal: a service whose name nginx's own configuration has, or the endpoints,
/// and the servers among `last`, at an address that does not resolve. False when it names nothing of ours.
bool leave_out_what_is_named(std::vector<upstream>& all, last_servers& last, const std::string& refusal,
                             left_out& into);

/// Whether the refusal of nginx -t is of a host name that does not resolve.
bool is_of_host_name(const std::string& refusal);

/// The host names of all servers, each once: those of `last` first, since they have resolved before.
std::vector<std::string> host_names_of(const std::vector<upstream>& all, const last_servers& last);

/// Takes off the endpoints, and the servers among `last`, at these host names, each with its reason. False when there
/// is none.
bool leave_out_host_names(std::vector<upstream>& all, last_servers& last,
                          const std::map<std::string, std::string>& names, left_out& into);

}  // namespace drcon::nginx
