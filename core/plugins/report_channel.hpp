// Brings what an instance reports from any thread to its listener on the engine's thread.
//
// Thread rule: any thread. What is reported after the report_channel has gone is dropped.
#pragma once

#include "plugins/instance_listener.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace drcon::plugins {

class report_channel : public std::enable_shared_from_this<report_channel> {
public:
  /// `executor` is the engine's.
  explicit report_channel(boost::asio::any_io_executor executor);

  void listen(std::weak_ptr<instance_listener> listener);
  const boost::asio::any_io_executor& executor() const { return executor_; }

  /// Calls `report` with the listener, on the engine's thread; not at all while there is none.
  void post(std::function<void(instance_listener&)> report);
  /// The same, but with null while there is no listener: for callers that keep something until it is read.
  void post_always(std::function<void(instance_listener*)> report);

private:
  std::shared_ptr<instance_listener> listener() const;

  const boost::asio::any_io_executor executor_;
  mutable std::mutex mutex_;  // guards listener_; not held while it is called
  std::weak_ptr<instance_listener> listener_;
};

}  // namespace drcon::plugins
