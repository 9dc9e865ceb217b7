#include "plugins/calls.hpp"

#include "plugins/validation.hpp"

#include <drcon/model.hpp>

#include <exception>
#include <utility>

namespace drcon::plugins {
namespace {

class direct final : public calls {
public:
  direct(const drcon_source_type* source, const drcon_sink_type* sink, const drcon_probe* ability,
         plugin_surroundings around)
      : source_(source), sink_(sink), ability_(ability), around_(std::move(around)) {}

  drcon_result create(const drcon_options& options) override {
    const auto function = source_ ? source_->create : sink_->create;
    return guarded("create", DRCON_CONFIG, [&] { return function(&around_.host, around_.instance, &options, &self_); });
  }
  bool is_made() const override { return self_ != nullptr; }
  drcon_result start() override {
    return guarded("start", DRCON_RETRY, [&] { return source_ ? source_->start(self_) : sink_->start(self_); });
  }
  void apply(const std::shared_ptr<const update_package>& update) override {
    const auto result = guarded("apply", DRCON_RETRY, [&] {
      sink_->apply(self_, &update->view);
      return DRCON_OK;
    });
    // A sink that threw will hardly answer any more, and the engine would wait for it. If it has answered before, this
    // answer is refused as a second one.
    if (result != DRCON_OK)
      around_.host.done(around_.instance, update->view.ticket, DRCON_RETRY, c_string("an exception left its apply"));
  }
  bool can_render() const override { return sink_ && DRCON_HAS(sink_, render) && sink_->render; }
  drcon_result render(const std::shared_ptr<const update_package>& update) override {
    return guarded("render", DRCON_RETRY, [&] { return sink_->render(self_, &update->view); });
  }
  probe_answer probe(const probe_question& question) override {
    const auto function = probe_function(question.is_of_asks);
    if (function == nullptr) return {};
    std::vector<finding> all;
    const drcon_probe_call call{.size = sizeof(drcon_probe_call),
                                .reserved = 0,
                                .timeout = question.timeout.count(),
                                .process = question.process,
                                .receiver = &all,
                                .found = &add_finding};
    const auto result = guarded("probe", DRCON_RETRY, [&] {
      function(self_, &call);
      return DRCON_OK;
    });
    if (result != DRCON_OK) all.push_back({"probe", finding_state::failed, "the plugin failed while it looked", {}});
    return all;
  }
  void stop() override {
    guarded("stop", DRCON_OK, [&] {
      source_ ? source_->stop(self_) : sink_->stop(self_);
      return DRCON_OK;
    });
  }
  void destroy() override {
    auto* const self = std::exchange(self_, nullptr);
    guarded("destroy", DRCON_OK, [&] {
      source_ ? source_->destroy(self) : sink_->destroy(self);
      return DRCON_OK;
    });
  }

private:
  using probe_call = void (*)(void*, const drcon_probe_call*);

  // Null where the plugin cannot probe this kind.
  probe_call probe_function(bool is_of_asks) const {
    if (ability_ == nullptr) return nullptr;
    if (is_of_asks) return source_ == nullptr && DRCON_HAS(ability_, asks) ? ability_->asks : nullptr;
    if (source_ != nullptr) return DRCON_HAS(ability_, source) ? ability_->source : nullptr;
    return DRCON_HAS(ability_, sink) ? ability_->sink : nullptr;
  }
  static void add_finding(void* receiver, const drcon_probe_finding* found) {
    auto& all = *static_cast<std::vector<finding>*>(receiver);
    if (all.size() < most_findings && DRCON_HAS(found, advice))
      all.push_back(finding_of(found->subject, found->state, view(found->what), view(found->advice)));
  }

  // Returns `otherwise` when the plugin threw.
  template <class Call>
  drcon_result guarded(const char* function, drcon_result otherwise, Call call) {
    std::string what = "an exception of a type unknown here";
    try {
      return call();
    } catch (const std::exception& error) {
      what = printable(error.what(), 500);
    } catch (...) {  // also an exception of another C++ library's runtime
    }
    what = std::string("its ") + function + " threw: " + what;
    around_.host.failed(around_.instance, {}, c_string(what));
    around_.misbehaved(what);
    return otherwise;
  }

  const drcon_source_type* const source_;
  const drcon_sink_type* const sink_;
  const drcon_probe* const ability_;
  const plugin_surroundings around_;
  void* self_ = nullptr;
};

}  // namespace

std::unique_ptr<calls> direct_calls(const drcon_source_type* source, const drcon_sink_type* sink,
                                    const drcon_probe* ability, plugin_surroundings around) {
  return std::make_unique<direct>(source, sink, ability, std::move(around));
}

}  // namespace drcon::plugins
