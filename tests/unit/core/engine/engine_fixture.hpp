// An engine with a fake source "s" and a fake sink "t", joined by a pipeline "p", on a thread of its own.
#pragma once

#include "engine/engine.hpp"
#include "support/fake_plugins.hpp"
#include "support/on_thread_of.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace drcon::engine {

using namespace std::chrono_literals;  // NOLINT(google-global-names-in-headers): of a test
using test::fake;
using test::service_of;

config::instance_config instance_of(const std::string& name, const std::string& plugin, const std::string& note = {});
config::pipeline_config pipeline_of(std::vector<std::string> sources, std::vector<std::string> sinks);

// Its functions are compiled once, and not with each of the files that use it.
class Engine : public ::testing::Test {
protected:
  Engine();
  ~Engine() override;

  void start();
  template <class Function>
  auto on_engine(Function function) {
    return test::on_thread_of(context_, std::move(function));
  }
  bool apply();
  // What an operator asks for; returns when it was answered: empty, or why it was not done.
  std::string steer(const std::function<void(engine::steered)>& ask);
  std::string pause(const std::string& why);
  std::string resume();
  std::string release_brake();
  bool stop();
  std::vector<std::string> journal(journal_entry::kind what);
  // Everything said so far has gone all the way through the pipeline.
  void settle();
  bool is_up_to_date();
  bool is_settled();
  // As a restart of drcon: whether it stopped in order.
  bool restart();
  static void stop_answering();
  static bool sees(const std::string& sink, std::size_t endpoints);
  bool shows(const std::string& figure);

  test::temp_dir state_;
  plugins::registry registry_;
  metrics::metrics figures_;
  boost::asio::io_context context_;
  config::configuration config_;
  std::unique_ptr<engine> engine_;
  std::thread thread_;
  std::string faults_;
};

}  // namespace drcon::engine
