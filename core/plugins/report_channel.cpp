#include "plugins/report_channel.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace drcon::plugins {

report_channel::report_channel(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

void report_channel::listen(std::weak_ptr<instance_listener> listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

std::shared_ptr<instance_listener> report_channel::listener() const {
  const std::lock_guard lock(mutex_);
  return listener_.lock();
}

void report_channel::post(std::function<void(instance_listener&)> report) {
  post_always([report = std::move(report)](instance_listener* listener) {
    if (listener) report(*listener);
  });
}

void report_channel::post_always(std::function<void(instance_listener*)> report) {
  boost::asio::post(executor_, [weak = weak_from_this(), report = std::move(report)] {
    if (const auto self = weak.lock()) report(self->listener().get());
  });
}

}  // namespace drcon::plugins
