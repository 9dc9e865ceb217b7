// drcon/sink.hpp: base classes for sinks, and the line that exports one.
//
//   class my_sink final : public drcon::blocking_sink {
//   public:
//     static constexpr const char* schema = R"({"type": "object", "properties": {…}})";
//     my_sink(drcon::context host, const drcon::options& options) : blocking_sink(host), … {}
//     drcon::outcome apply(const drcon::update_view& update, drcon::stop_token stop) override {
//       for (const auto service : update.wanted().services()) …
//       return drcon::ok();  // or retry("nobody listens on …"), or rejected("…")
//     }
//   };
//   DRCON_SINK("my-sink", "1.0.0", "Writes … to ….", my_sink)
//
// The coroutine style is asio_sink (drcon/asio.hpp).
#pragma once

#include <drcon/context.hpp>
#include <drcon/detail/entry.hpp>
#include <drcon/options.hpp>
#include <drcon/stop.hpp>
#include <drcon/update.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace drcon {

/// How an apply ended.
struct [[nodiscard]] outcome {
  drcon_result result = DRCON_OK;
  std::string why;
};
/// The target serves the wanted snapshot.
inline outcome ok() { return {}; }
/// The target is unreachable; the host retries with backoff and jitter.
inline outcome retry(std::string why) { return {DRCON_RETRY, std::move(why)}; }
/// This snapshot will never fit; the host waits for another.
inline outcome rejected(std::string why) { return {DRCON_REJECTED, std::move(why)}; }

/// The bare sink. Its constructor throws config_error when the options cannot be used, and does no I/O.
class sink {
public:
  explicit sink(context host) noexcept : host_(host) {}
  virtual ~sink() = default;
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;

  /// [lane] Begins to work; returns at once.
  virtual void start() = 0;
  /// [lane] Begins to make the target match; done(ticket, …) ends it, once, from any thread. `update` is valid
  /// until then. The next one comes only after that.
  virtual void begin_apply(const update_view& update) = 0;
  /// [lane] Ends all work. An apply under way may be left unanswered.
  virtual void stop() = 0;
  /// [lane] Calls host().rendered for what apply would write; touches nothing. False: this sink cannot.
  virtual bool render(const update_view&) {
    failed("this sink cannot show what it would write");
    return false;
  }

  /// [lane] Tells why a start or render failed.
  void failed(std::string_view why) const { host_.failed(why); }

protected:
  const context& host() const noexcept { return host_; }
  void done(std::uint64_t ticket, const outcome& how) const {
    host_.host()->done(host_.instance(), ticket, how.result, c_string(how.why));
  }

private:
  context host_;
};

/// A sink whose apply is one plain function on a thread of its own.
class blocking_sink : public sink {
public:
  using sink::sink;

  /// Makes the target match and returns how that went; an exception counts as retry. Gives up soon after a stop.
  virtual outcome apply(const update_view& update, stop_token stop) = 0;

  /// Work that goes on by itself, such as watching the target or ending a drain: called on the same thread, after the
  /// start, after each apply, and again when the time that it returned has passed. Never by default.
  virtual std::chrono::nanoseconds tend(const stop_token&) { return never; }

  void start() final {
    worker_.start([this](const stop_token& stop) { work(stop); });
  }
  void begin_apply(const update_view& update) final {
    worker_.tell([this, &update] { next_ = update.get(); });
  }
  void stop() final { worker_.stop(); }

protected:
  static constexpr auto never = std::chrono::nanoseconds::max();

private:
  void work(const stop_token& stop) {
    auto pause = guarded_tend(stop);
    for (;;) {
      const auto* raw = worker_.wait(stop, pause, [this] { return next_; });
      if (stop.stop_requested()) return;
      if (raw != nullptr) {
        worker_.tell([this] { next_ = nullptr; });
        const update_view update{raw};
        const auto ticket = update.ticket();
        done(ticket, guarded(update, stop));
      }
      pause = guarded_tend(stop);
    }
  }
  std::chrono::nanoseconds guarded_tend(const stop_token& stop) {
    std::string why = "an exception of unknown type";
    try {
      return tend(stop);
    } catch (const std::exception& error) {
      why = error.what();
    } catch (...) {
    }
    host().status_degraded(why);
    return std::chrono::seconds(1);
  }
  outcome guarded(const update_view& update, const stop_token& stop) {
    try {
      return apply(update, stop);
    } catch (const std::exception& error) {
      return retry(error.what());
    } catch (...) {
      return retry("an exception of unknown type");
    }
  }

  const drcon_update* next_ = nullptr;  // guarded by the worker
  detail::worker worker_;
};

}  // namespace drcon

/// Exports Type as the sink of this library. Once in a library, at namespace scope.
#define DRCON_SINK(NAME, VERSION, SUMMARY, TYPE)                                                     \
  static const drcon_sink_type drcon_sink_type_of_this_library = ::drcon::detail::sink_type<TYPE>(); \
  extern "C" DRCON_EXPORT const drcon_plugin drcon_plugin_entry =                                    \
      ::drcon::detail::entry(NAME, VERSION, SUMMARY, nullptr, &drcon_sink_type_of_this_library);
