// Collects what a source reports about its services until the engine reads it.
//
// One message to the engine stands for all that was reported until it is read, and only the latest state of a service
// is kept: a flood of publishes stays as small as the catalogue.
// Thread rule: any thread.
#pragma once

#include "plugins/instance_listener.hpp"
#include "plugins/report_channel.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace drcon::plugins {

class source_intake : public std::enable_shared_from_this<source_intake> {
public:
  explicit source_intake(std::shared_ptr<report_channel> to_engine) : reports_(std::move(to_engine)) {}

  void publish(model::service_ptr service);
  void withdraw(const std::string& service);
  /// All that the source watches has been published.
  void ready();
  /// An empty service stands for all of them.
  void unknown(const std::string& service, const std::string& why);
  void names_unknown(const std::string& part, unknown_names what);
  void names_known(const std::string& part);

  /// The engine could not take in what it was given, for want of memory: it gets that again.
  void deliver_unread();

private:
  template <class Change>
  void add(Change change);
  void post();
  void hand_over(instance_listener* listener);
  source_news take();
  void give_back(source_news unread);

  const std::shared_ptr<report_channel> reports_;
  std::mutex mutex_;  // guards all below
  source_news news_;
  bool posted_ = false;  // a message to the engine is under way, which will read the news
};

}  // namespace drcon::plugins
