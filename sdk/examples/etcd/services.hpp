// What the keys below the prefix say: services and their endpoints.
//
// An entry that is no endpoint is left out, with the reason; it never takes another down.
// Thread rule: owned by its user.
#pragma once

#include "messages.hpp"

#include <drcon/model.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace etcd {

class services {
public:
  /// `named`: services that there are whether they have keys or not.
  services(std::string prefix, const std::vector<std::string>& named);

  /// All keys there are: what is not among them is gone.
  void replace(const std::vector<key_value>& all);
  /// One change.
  void take(const key_value& change);

  /// Services that may differ since the last call of changed().
  std::set<std::string> changed();
  /// A service and all of its endpoints. One that had a key once is there for good, with no endpoints if need be.
  drcon::service find(const std::string& name, std::int64_t revision) const;

  /// Why an entry is left out.
  struct left_out {
    std::string key;  ///< quoted, for messages
    std::string why;
  };
  /// Those that came since the last call.
  std::vector<left_out> newly_left_out();
  std::size_t left_out_count() const { return left_out_; }
  std::size_t service_count() const { return names_.size(); }
  std::size_t endpoint_count() const { return entries_.size() - left_out_count(); }

  std::int64_t count() const { return static_cast<std::int64_t>(entries_.size()); }
  std::int64_t newest_revision() const;

private:
  struct entry {
    std::int64_t revision = 0;
    drcon::endpoint endpoint;
    std::string why;  ///< it is left out
  };
  std::string service_of(const std::string& key) const;
  void erase(const std::string& key);

  std::string prefix_;
  std::map<std::string, entry> entries_;  // by key, so that those of a service stand together
  std::set<std::string> names_;
  std::set<std::string> changed_;
  std::size_t left_out_ = 0;
  std::vector<left_out> news_;
};

/// The endpoint that `value` describes; throws std::runtime_error that says what is wrong.
drcon::endpoint read_endpoint(const std::string& id, const std::string& value);

}  // namespace etcd
