#include "plugins/reporter.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace drcon::plugins {

reporter::reporter(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

void reporter::listen(std::weak_ptr<instance_listener> listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

std::shared_ptr<instance_listener> reporter::listener() const {
  const std::lock_guard lock(mutex_);
  return listener_.lock();
}

void reporter::post(std::function<void(instance_listener&)> report) {
  post_always([report = std::move(report)](instance_listener* listener) {
    if (listener) report(*listener);
  });
}

void reporter::post_always(std::function<void(instance_listener*)> report) {
  boost::asio::post(executor_, [weak = weak_from_this(), report = std::move(report)] {
    if (const auto self = weak.lock()) report(self->listener().get());
  });
}

}  // namespace drcon::plugins
