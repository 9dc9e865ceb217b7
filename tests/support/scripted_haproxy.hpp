// The runtime API of a HAProxy within the test: backends, their servers, one map. It answers what a real 3.4.7 does,
// and refuses what the test says.
//
// Thread rule: any; it has a thread of its own.
#pragma once

#include "support/temp_dir.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace drcon::test {

class scripted_haproxy {
public:
  /// Its configuration has a map of this name and these backends.
  scripted_haproxy(std::string map, std::set<std::string> backends);
  ~scripted_haproxy();
  scripted_haproxy(const scripted_haproxy&) = delete;
  scripted_haproxy& operator=(const scripted_haproxy&) = delete;

  /// The options of a haproxy sink for it, as TOML.
  std::string options() const;

  /// What it calls itself; before 3.4 it knows no command for backends.
  void be_version(const std::string& version);
  /// Another process answers from now on, and has only what its configuration has.
  void restart();
  /// Commands that begin so are not carried out, and answered so; an empty answer ends that.
  void refuse(const std::string& start, const std::string& answer);
  /// A command as another client would give it; its answer.
  std::string command(const std::string& line);

  /// The commands that were to change something, in order.
  std::vector<std::string> changes() const;
  std::set<std::string> backends() const;
  std::set<std::string> published() const;
  std::set<std::string> servers(const std::string& backend) const;
  /// Key -> value.
  std::map<std::string, std::string> map() const;

private:
  struct server;
  temp_dir directory_;
  std::unique_ptr<server> server_;
};

}  // namespace drcon::test
