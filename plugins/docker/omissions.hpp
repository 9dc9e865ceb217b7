// Reports which containers are not published, and which of their settings have no effect: each once in the log, and for
// as long as it holds to the host, whose explain shows it.
//
// Thread rule: owned by its user.
#pragma once

#include "docker/services.hpp"

#include <drcon/context.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace drcon::docker {

class omissions {
public:
  explicit omissions(context host) : host_(host) {}

  /// Takes what has changed, by the ids of containers. True when text() or count() may have.
  bool report(const std::map<std::string, std::optional<finding>>& changed);

  /// Running containers that are not published.
  std::size_t count() const { return names_.size(); }
  /// "; 2 containers are not published: 'a', 'b'", or empty: a part of the status.
  std::string text() const;

private:
  struct reported {
    std::string service;
    std::string container;
    std::string why;
    bool operator==(const reported&) const = default;
  };
  void end(const std::string& id);
  void begin(const std::string& id, const finding& found);
  void log(const std::string& id, const finding& found);

  context host_;
  std::map<std::string, reported> all_;                    // container -> what the host has of it
  std::map<std::string, std::string> names_;               // container -> its name, of those that count
  std::map<std::string, std::set<std::string>> unusable_;  // container -> its settings without effect
  std::map<std::string, std::set<std::string>> logged_;    // container -> lines: a restart does not log them again
};

}  // namespace drcon::docker
