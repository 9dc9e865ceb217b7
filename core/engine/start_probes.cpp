#include "engine/start_probes.hpp"

#include "log/log.hpp"

#include <boost/asio/post.hpp>

#include <unistd.h>

#include <algorithm>

namespace drcon::engine {
namespace {

// Of each answer of the other side. The end of drcon waits for a probe that is under way.
constexpr auto patience = std::chrono::seconds(2);

bool is_failure(const plugins::finding& found) {
  // Whether the other side answers is what the instance at work reports all the time.
  return found.state == plugins::finding_state::failed && found.code != "reachable";
}

}  // namespace

start_probes::start_probes(boost::asio::any_io_executor executor, const plugins::registry& plugins,
                           metrics::metrics& figures, report_of reports)
    : executor_(std::move(executor)),
      plugins_(plugins),
      figures_(figures),
      reports_(std::move(reports)),
      again_(executor_) {}

void start_probes::look_at(const config::configuration& config) {
  if (*stopping_) return;
  auto before = std::exchange(all_, {});
  for (const auto kind : {config::kind::source, config::kind::sink}) {
    for (const auto& [name, each] : kind == config::kind::source ? config.sources : config.sinks) {
      const auto& type = *plugins_.find(each.plugin);
      if (!plugins::may_probe(type, each)) continue;
      const key which{kind, name};
      const auto known = before.find(which);
      if (known != before.end() && known->second->config == each) {
        all_.insert(before.extract(known));
        continue;
      }
      auto made = std::make_shared<asked>();
      made->config = each;
      made->instance = plugins::made_for_probe(kind, type, each, executor_, figures_);
      all_.emplace(which, std::move(made));
    }
  }
  for (const auto& [which, about] : before) end(about);
  for (const auto& [which, about] : all_) ask(which, about);
}

void start_probes::ask(const key& which, const asked_ptr& about) {
  auto answered = [this, which, about](std::vector<plugins::finding> found) {
    boost::asio::post(executor_, [this, which, about, found = std::move(found)] { answer(which, about, found); });
  };
  lane_.post(
      [about, answered, stopping = stopping_] {
        // What waits for its turn when everything stops is not asked any more.
        if (*stopping) answered({});
        else
          answered(
              plugins::probe_by(*about->instance, about->is_created, {.timeout = patience, .process = ::getpid()}));
      },
      [answered] {
        answered({{"probe", plugins::finding_state::failed, "it could not be looked at", {}}});
      });
  ++open_;  // not before it is posted, which may fail; its answer comes on this thread
  ++about->open;
  about->reported = reports_(which.first, which.second);
}

void start_probes::answer(const key& which, const asked_ptr& about, std::vector<plugins::finding> found) {
  --about->open;
  const auto known = all_.find(which);
  if (!*stopping_ && known != all_.end() && known->second == about) {  // else a reload came in between
    take(*about, std::move(found));
    if (about->failed.empty() || !about->is_created) {
      end(about);
      all_.erase(known);
    } else {
      about->due = base::timer::clock::now() + about->pause.next();
      look_again_later();
    }
  }
  end_one();
}

void start_probes::take(asked& about, std::vector<plugins::finding> found) {
  std::erase_if(found, [](const auto& each) { return !is_failure(each); });
  const auto& subject = about.instance->subject();
  for (const auto& each : found)
    if (std::ranges::find(about.failed, each) == about.failed.end()) log::warning(subject, "{}", text_of(each));
  for (const auto& each : about.failed)
    if (std::ranges::find(found, each.code, &plugins::finding::code) == found.end())
      log::info(subject, "this works now: {}", each.code);
  if (about.failed.empty()) about.failed_since = std::chrono::system_clock::now();
  about.failed = std::move(found);
}

void start_probes::look_again_later() {
  again_.after(notice_every, [this] { look_again(); });
}

void start_probes::look_again() {
  if (std::ranges::none_of(all_, [](const auto& each) { return !each.second->failed.empty(); })) return;
  look_again_later();  // first: what comes may fail, as when memory runs out
  for (const auto& [which, about] : all_)
    if (is_to_be_asked(which, *about)) ask(which, about);
}

bool start_probes::is_to_be_asked(const key& which, asked& about) const {
  if (about.failed.empty() || about.open > 0) return false;
  if (reports_(which.first, which.second) == about.reported) return base::timer::clock::now() >= about.due;
  about.pause.reset();
  return true;
}

const std::vector<plugins::finding>* start_probes::failed(config::kind kind, const std::string& name) const {
  const auto found = all_.find({kind, name});
  return found == all_.end() || found->second->failed.empty() ? nullptr : &found->second->failed;
}

std::chrono::system_clock::time_point start_probes::failed_since(config::kind kind, const std::string& name) const {
  return failed(kind, name) == nullptr ? std::chrono::system_clock::time_point{} : all_.at({kind, name})->failed_since;
}

void start_probes::end(const asked_ptr& about) {
  about->instance->stop([this, about] { end_one(); });
  ++open_;
}

void start_probes::end_one() {
  if (--open_ == 0 && ended_) std::exchange(ended_, nullptr)();
}

void start_probes::stop(std::function<void()> ended) {
  *stopping_ = true;
  again_.cancel();
  for (const auto& [which, about] : all_) end(about);
  all_.clear();
  if (open_ == 0) return ended();
  ended_ = std::move(ended);
}

}  // namespace drcon::engine
