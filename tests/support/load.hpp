// Steady requests to one port, at a fixed pace, of which those are counted that are no 200.
//
// Thread rule: it has a thread of its own; last() only after stop().
#pragma once

#include "support/http.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

namespace drcon::test {

class load {
public:
  /// `host`: the header of each request; empty: that of every other request.
  load(std::uint16_t port, int per_second, const std::string& host = {})
      : thread_([this, port, per_second, host](const std::stop_token& stop) {
          std::map<std::string, std::string> headers;
          if (!host.empty()) headers.emplace("Host", host);
          auto next = std::chrono::steady_clock::now();
          while (!stop.stop_requested()) {
            const auto answer = http("GET", port, "/", {}, headers);
            ++sent_;
            if (answer.status != 200) {
              ++failed_;
              if (answer.status != 0) ++answered_with_a_failure_;
              last_ = std::to_string(answer.status) + " " + answer.error;
            }
            next += 1000ms / per_second;
            std::this_thread::sleep_until(next);
          }
        }) {}
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  int sent() const { return sent_; }
  int failed() const { return failed_; }
  /// Of those that failed: somebody answered.
  int answered_with_a_failure() const { return answered_with_a_failure_; }
  const std::string& last() const { return last_; }

private:
  std::atomic<int> sent_{0};
  std::atomic<int> failed_{0};
  std::atomic<int> answered_with_a_failure_{0};
  std::string last_;  // the thread's, until it is joined
  std::jthread thread_;
};

}  // namespace drcon::test
