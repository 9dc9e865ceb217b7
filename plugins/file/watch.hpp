// Reads the file again whenever it may have changed, and publishes what is in it.
//
// A file may be seen half written. So it is read when its writer was seen to finish, or when it has stayed the same
// for `settle`; a fault in it is only reported then.
// Thread rule: the source's one thread, which run() blocks.
#pragma once

#include "file/settings.hpp"

#include <drcon/context.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::file {

class watcher {
public:
  watcher(settings settings, context host) : settings_(std::move(settings)), host_(host) {}

  /// Until a stop is requested.
  void run(const std::stop_token& stop);
  /// Why the file as it is now would not be used, such as its size or what is in it; empty if it would be. Any thread.
  std::string fault_of_content() const;

private:
  using clock = std::chrono::steady_clock;

  // What a look at the file found: its text, or why there is none.
  struct sight {
    std::optional<std::string> text;
    std::string why;
    bool operator==(const sight&) const = default;
  };

  std::chrono::nanoseconds read(bool whole);
  sight look() const;
  bool unchanged_for_long() const;
  void publish(std::vector<service> services);
  void report_fault(const std::string& why);

  const settings settings_;
  const context host_;
  sight seen_;               // at the last look
  clock::time_point since_;  // when it was first seen so
  bool dealt_with_ = false;  // what was seen has been published, or its fault reported
  std::map<std::string, std::vector<endpoint>> published_;
};

}  // namespace drcon::file
