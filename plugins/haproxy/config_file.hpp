// The servers as a file of HAProxy's own configuration: a backend section for each backend.
//
// HAProxy forgets what was added at run time when it is reloaded, and would answer 503 until drcon has added it again.
// With this file beside its configuration (haproxy -f YOURS -f THIS) it starts with today's servers.
// Thread rule: the sink's one thread.
#pragma once

#include "common/target_lock.hpp"
#include "haproxy/plan.hpp"

#include <map>
#include <set>
#include <string>

namespace drcon::haproxy {

struct config_file_settings {
  std::string path;        ///< empty: no file
  std::string defaults;    ///< name of the `defaults` section that the backends are made from; empty: none
  bool keep_empty = true;  ///< a backend without endpoints keeps its last servers
};

class config_file {
public:
  /// `writer`: the sink's name, for the lock and the first line.
  config_file(config_file_settings options, std::string writer);

  /// Brings the file in line with what is desired. Backends of `unsettled` keep the servers that they have in the file,
  /// since those of before still serve. `existing`: the backends that HAProxy has, or null where it cannot be asked. A
  /// backend that HAProxy has and this file has not is of the user's own file: a second section of its name would make
  /// HAProxy refuse everything. What went wrong, or empty.
  std::string write(const desired_backends& desired, const plan_rules& rules, const backend_names& unsettled,
                    const std::set<std::string, std::less<>>* existing);

private:
  const config_file_settings options_;
  const std::string writer_;
  common::file_lock lock_;
};

/// Backend -> its section in a file that was written here, header and servers. Pure.
std::map<std::string, std::string> sections_of(const std::string& text);

/// The section of a backend. Pure.
std::string section_of(const std::string& name, const desired_backend& desired, const plan_rules& rules,
                       const std::string& defaults);

}  // namespace drcon::haproxy
