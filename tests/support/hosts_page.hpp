// The smallest whole drcon: a file of hosts that a template draws into a page, by a pipeline "web".
#pragma once

#include "support/drcon_process.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace drcon::test {

class hosts_page : public ::testing::Test {
protected:
  /// Runs, with three hosts and these keys besides ("admin.token = …"), of the sink's file, and of the sink; settled.
  void start(const std::string& keys = {}, const std::string& of_file = {}, const std::string& of_sink = {});
  /// 10.0.0.1 and so on, port 80.
  void set_hosts(int count) const;
  /// How many of them the page has.
  int lines() const;
  bool serves(int count) const {
    return wait_until([&] { return lines() == count; });
  }
  std::filesystem::path socket() const { return drcon_->directory() / "admin.sock"; }

  std::unique_ptr<drcon_process> drcon_;
};

}  // namespace drcon::test
