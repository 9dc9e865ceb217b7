#include "engine/inspector.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace drcon::engine {
namespace {

// A plugin's object that could not be made may be possible later, but each try leaves memory behind.
constexpr auto pause_after_a_failed_look = std::chrono::seconds(5);

// Blocks: on the inspector's lane.
inspection inspect_by(plugins::instance& sink, bool& is_made, const model::snapshot_ptr& desired) {
  if (!is_made) {
    const auto fault = sink.create();
    if (fault.result != DRCON_OK) return base::failure{fault.why};
    is_made = true;
  }
  return sink.render(std::make_shared<const plugins::update_package>(1, false, desired, nullptr));
}

}  // namespace

std::shared_ptr<inspector::asked> inspector::instance_for(const config::instance_config& sink) {
  auto& kept = kept_[sink.name];
  const auto is_of_use = [](const asked& of) {
    return !of.why_not || std::chrono::steady_clock::now() - of.failed_at < pause_after_a_failed_look;
  };
  if (kept && kept->config == sink && is_of_use(*kept)) return kept;
  if (kept) end(kept);
  kept = std::make_shared<asked>();
  kept->config = sink;
  kept->instance =
      std::make_shared<plugins::instance>(config::kind::sink, *plugins_.find(sink.plugin), sink, executor_, figures_);
  return kept;
}

void inspector::ask(const config::instance_config& sink, const model::snapshot_ptr& desired,
                    std::function<void(inspection)> done) {
  const auto about = instance_for(sink);
  // Counted once it is asked: a question that could not be asked has no answer. None comes before this returns, since
  // answers are given on this thread.
  if (about->why_not) {
    boost::asio::post(executor_,
                      [this, about, done = std::move(done)] { answer(base::failure{*about->why_not}, done); });
    ++open_;
    return;
  }
  auto lost = [this, about, done] {
    boost::asio::post(executor_, [this, about, done] {
      answer(base::failure{"drcon could not ask the plugin, perhaps for want of memory; its log says why"}, done);
    });
  };
  auto question = [this, about, desired, done = std::move(done)] {
    auto found = inspect_by(*about->instance, about->is_made, desired);
    const bool is_made = about->is_made;
    boost::asio::post(executor_, [this, about, is_made, found = std::move(found), done]() mutable {
      if (!is_made && !about->why_not) {
        about->why_not = found.error().why;
        about->failed_at = std::chrono::steady_clock::now();
      }
      answer(std::move(found), done);
    });
  };
  lane_.post(std::move(question), std::move(lost));
  ++open_;
}

void inspector::answer(inspection found, const std::function<void(inspection)>& done) {
  // Whatever happens to the answer, this question is over: stop() waits for all of them.
  try {
    done(std::move(found));
  } catch (...) {
    end_one();
    throw;
  }
  end_one();
}

void inspector::keep_only(const std::map<std::string, config::instance_config>& sinks) {
  std::erase_if(kept_, [&](const auto& each) {
    const auto same = sinks.find(each.first);
    if (same != sinks.end() && same->second == each.second->config) return false;
    end(each.second);
    return true;
  });
}

void inspector::end(const std::shared_ptr<asked>& old) {
  old->instance->stop([this, old] { end_one(); });
  ++open_;  // not before it is asked to stop, which may fail; its answer comes on this thread
}

void inspector::end_one() {
  if (--open_ == 0 && ended_) std::exchange(ended_, nullptr)();
}

void inspector::stop(std::function<void()> ended) {
  keep_only({});
  if (open_ == 0) return ended();
  ended_ = std::move(ended);
}

}  // namespace drcon::engine
