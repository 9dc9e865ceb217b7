#include "plugins/source_intake.hpp"

#include "model/snapshot.hpp"

#include <chrono>
#include <utility>

namespace drcon::plugins {
namespace {

using clock = std::chrono::steady_clock;

// Only publishing and withdrawing are changes whose way to the sinks is measured.
void note_first_seen(source_news& news) {
  if (news.first_seen == clock::time_point{}) news.first_seen = clock::now();
}

}  // namespace

// Makes the change, and posts a message to the engine unless one is under way.
template <class Change>
void source_intake::add(Change change) {
  {
    const std::lock_guard lock(mutex_);
    change(news_);
    if (std::exchange(posted_, true)) return;
  }
  // News that nobody listens to are dropped, as they would be if they had come before.
  reports_->post_always([weak = weak_from_this()](instance_listener* listener) {
    const auto self = weak.lock();
    if (!self) return;
    auto news = self->take();
    if (listener) listener->on_news(std::move(news));
  });
}

source_news source_intake::take() {
  const std::lock_guard lock(mutex_);
  posted_ = false;
  return std::exchange(news_, {});
}

void source_intake::publish(model::service_ptr service) {
  add([&](source_news& news) {
    note_first_seen(news);
    news.unknown.erase(service->name());
    const auto& name = service->name();
    news.services.insert_or_assign(name, service);
  });
}

void source_intake::withdraw(const std::string& service) {
  add([&](source_news& news) {
    note_first_seen(news);
    news.unknown.erase(service);
    news.services.insert_or_assign(service, nullptr);
  });
}

void source_intake::ready() {
  add([](source_news& news) {
    news.ready = true;
    news.all_unknown.reset();
  });
}

void source_intake::unknown(const std::string& service, const std::string& why) {
  add([&](source_news& news) {
    if (service.empty()) {
      news.all_unknown = why;
      news.ready = false;
    } else {
      news.unknown.insert_or_assign(service, why);
    }
  });
}

}  // namespace drcon::plugins
