// What a Consul Template function asks for: "tag.name@datacenter|filter" and its kin.
//
// Pure functions. They throw templating::failure with what is wrong.
#pragma once

#include <drcon/model.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::templates {

struct service_query {
  std::string tag;  ///< empty: with any tags
  std::string name;
  std::string datacenter;        ///< empty: any
  std::vector<health> accepted;  ///< empty: any

  bool accepts(const endpoint& each) const;
};

/// The arguments of `service`: what is asked for, and filters such as "passing,warning" or "any". Passing ones without.
service_query read_service_query(std::span<const std::string_view> arguments);

/// Of that very service, whatever its name means in a query; with the other arguments of `service`.
service_query query_of_service(std::string name, std::span<const std::string_view> filters);

/// "NAME@DATACENTER", of `key`, `services`, `node`. `function` is named in a fault.
struct place_query {
  std::string name;
  std::string datacenter;
};
place_query read_place_query(std::string_view text, std::string_view function);

}  // namespace drcon::templates
