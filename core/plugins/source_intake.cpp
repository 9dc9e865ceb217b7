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
  post();
}

void source_intake::post() {
  try {
    reports_->post_always([weak = weak_from_this()](instance_listener* listener) {
      if (const auto self = weak.lock()) self->hand_over(listener);
    });
  } catch (...) {  // no message is under way after all: the next change posts one
    const std::lock_guard lock(mutex_);
    posted_ = false;
    throw;
  }
}

// News that nobody listens to are dropped, as they would be if they had come before.
void source_intake::hand_over(instance_listener* listener) {
  auto news = take();
  if (!listener) return;
  try {
    listener->on_news(news);
  } catch (...) {  // the source would not report it again
    give_back(std::move(news));
    throw;
  }
}

// What has come since then is newer. Takes no memory, which may be what is missing.
void source_intake::give_back(source_news unread) {
  const std::lock_guard lock(mutex_);
  std::erase_if(unread.unknown, [this](const auto& each) { return news_.services.contains(each.first); });
  news_.services.merge(unread.services);
  news_.unknown.merge(unread.unknown);
  news_.names.merge(unread.names);
  if (!news_.ready && !news_.all_unknown) news_.all_unknown = std::move(unread.all_unknown);
  if (!news_.all_unknown) news_.ready |= unread.ready;
  if (unread.first_seen != clock::time_point{}) news_.first_seen = unread.first_seen;
}

void source_intake::deliver_unread() {
  {
    const std::lock_guard lock(mutex_);
    const bool is_empty =
        news_.services.empty() && news_.unknown.empty() && news_.names.empty() && !news_.all_unknown && !news_.ready;
    if (posted_ || is_empty) return;
    posted_ = true;
  }
  post();
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

void source_intake::names_unknown(const std::string& part, unknown_names what) {
  add([&](source_news& news) { news.names.insert_or_assign(part, what); });
}

void source_intake::names_known(const std::string& part) {
  add([&](source_news& news) { news.names.insert_or_assign(part, std::nullopt); });
}

}  // namespace drcon::plugins
