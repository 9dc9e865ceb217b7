// Notices that a file which a secret was read from has been replaced, such as a token that is renewed by another
// program.
//
// Thread rule: the strand of its executor.
#pragma once

#include "base/timer.hpp"
#include "config/secret.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace drcon::cli {

class renewed_secrets {
public:
  /// `renewed` gets the name of a file that has changed, once it has stayed as it is from one look to the next: a file
  /// that is being written is not complete yet. It calls follow() when what the file has now is in use; until then it
  /// is called again after a pause.
  renewed_secrets(const boost::asio::any_io_executor& executor, std::function<void(const std::string& file)> renewed)
      : timer_(executor), renewed_(std::move(renewed)) {}

  /// What is in use from now on. To be called whenever a configuration has come into effect.
  void follow(config::secret_signatures in_use);
  void stop() { timer_.cancel(); }

private:
  using clock = std::chrono::steady_clock;
  struct change {
    std::string signature;
    clock::time_point next_try;
  };
  void look();

  base::timer timer_;
  const std::function<void(const std::string& file)> renewed_;
  config::secret_signatures in_use_;
  std::map<std::string, change> changes_;  // by file: those that differ from what is in use
};

}  // namespace drcon::cli
