// Which endpoint of one state of a service is which of another.
//
// An id alone does not tell: two machines of one name, each in its own datacentre, have the same, and merging may give
// the id without the name of a source to the other one when the first has gone and that one moves. A place alone does
// not tell either: a process that was started again has the same id and another address. Thread rule: the engine's
// thread; an object borrows both services.
#pragma once

#include "model/snapshot.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace drcon::engine {

class counterparts {
public:
  counterparts(const model::shared_service& served, const model::shared_service& now);

  /// What an endpoint of `served` is in `now`: what is in service at its place, or else what is in service with its id,
  /// unless that is at a place where another endpoint was served, and is that one. If neither is in service, it is
  /// what there is in the same order; nothing if it has gone.
  std::optional<endpoint_view> now(const endpoint_view& served) const;

  /// The endpoint of `served` that an endpoint of `now` has the place of, as far as there is one. Of several, the one
  /// with its id.
  std::optional<endpoint_view> at_place_of(const endpoint_view& now) const;

private:
  using place = std::pair<std::string_view, std::uint32_t>;
  using by_place = std::multimap<place, endpoint_view>;
  static place place_of(const endpoint_view& each) { return {each.address(), each.port()}; }
  std::optional<endpoint_view> with_id_of(const endpoint_view& served) const;

  by_place served_;
  by_place now_;
  std::map<std::string_view, endpoint_view> now_by_id_;
};

}  // namespace drcon::engine
