#include "plugins/calls.hpp"

#include "plugins/validation.hpp"

#include <drcon/model.hpp>

#include <exception>
#include <utility>

namespace drcon::plugins {
namespace {

class direct final : public calls {
public:
  direct(const drcon_source_type* source, const drcon_sink_type* sink, plugin_surroundings around)
      : source_(source), sink_(sink), around_(std::move(around)) {}

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
  const plugin_surroundings around_;
  void* self_ = nullptr;
};

}  // namespace

std::unique_ptr<calls> direct_calls(const drcon_source_type* source, const drcon_sink_type* sink,
                                    plugin_surroundings around) {
  return std::make_unique<direct>(source, sink, std::move(around));
}

}  // namespace drcon::plugins
