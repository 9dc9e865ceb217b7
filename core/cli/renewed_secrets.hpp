// Notices that a file which a secret was read from has been replaced, such as a token that is renewed by another
// program.
//
// Thread rule: the strand of its executor.
#pragma once

#include "base/timer.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace drcon::cli {

class renewed_secrets {
public:
  /// `renewed` gets the name of a file that has changed, once it has stayed as it is from one look to the next: a file
  /// that is being written is not complete yet.
  renewed_secrets(const boost::asio::any_io_executor& executor, std::function<void(const std::string& file)> renewed)
      : timer_(executor), renewed_(std::move(renewed)) {}

  /// What they are now is what is in use. To be called whenever a configuration has come into effect.
  void follow(const std::set<std::string>& files);
  void stop() { timer_.cancel(); }

private:
  void look();

  base::timer timer_;
  const std::function<void(const std::string& file)> renewed_;
  std::map<std::string, std::string> in_use_;    // file -> what distinguishes its content from another one
  std::map<std::string, std::string> changing_;  // the same, of those that differed at the last look
};

}  // namespace drcon::cli
