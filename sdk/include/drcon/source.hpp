// drcon/source.hpp: base classes for sources, and the line that exports one.
//
//   class my_source final : public drcon::blocking_source {
//   public:
//     static constexpr const char* schema = R"({"type": "object", "properties": {…}})";
//     my_source(drcon::context host, const drcon::options& options) : blocking_source(host), … {}
//     void run(drcon::stop_token stop) override {
//       while (!stop.stop_requested()) { host().publish(…); host().ready(); sleep(stop, 5s); }
//     }
//   };
//   DRCON_SOURCE("my-source", "1.0.0", "Reads … from ….", my_source)
//
// For many watches on few threads use asio_source (drcon/asio.hpp) instead of blocking_source.
#pragma once

#include <drcon/context.hpp>
#include <drcon/detail/entry.hpp>
#include <drcon/options.hpp>
#include <drcon/stop.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>

namespace drcon {

/// The bare source. Its constructor throws config_error when the options cannot be used, and does no I/O.
class source {
public:
  explicit source(context host) noexcept : host_(host) {}
  virtual ~source() = default;
  source(const source&) = delete;
  source& operator=(const source&) = delete;

  /// [lane] Begins to work; returns at once.
  virtual void start() = 0;
  /// [lane] Ends all work; after it nothing of this instance runs any more. Also called when never started.
  virtual void stop() = 0;

  /// [lane] Tells why a start failed.
  void failed(std::string_view why) const { host_.failed(why); }

protected:
  const context& host() const noexcept { return host_; }

private:
  context host_;
};

/// A source that does its work in one function on a thread of its own.
class blocking_source : public source {
public:
  using source::source;

  /// The whole work. Returns soon after a stop is requested. An exception is reported as "unreachable" and run() is
  /// called again after a pause that doubles from 1 s to 30 s.
  virtual void run(stop_token stop) = 0;

  void start() final {
    worker_.start([this](const stop_token& stop) { guard(stop); });
  }
  void stop() final { worker_.stop(); }

protected:
  /// Waits; returns early when a stop is requested.
  void sleep(const stop_token& stop, std::chrono::nanoseconds length) {
    worker_.wait(stop, length, [] { return false; });
  }

private:
  void guard(const stop_token& stop) {
    auto pause = std::chrono::seconds(1);
    while (!stop.stop_requested()) {
      std::string why = "run() returned without being asked to stop";
      try {
        run(stop);
      } catch (const std::exception& error) {
        why = error.what();
      } catch (...) {
        why = "an exception of unknown type";
      }
      if (stop.stop_requested()) return;
      host().unknown({}, why);
      host().status_away(why);
      sleep(stop, pause);
      pause = std::min(pause * 2, std::chrono::seconds(30));
    }
  }

  detail::worker worker_;
};

}  // namespace drcon

/// Exports Type as the source of this library. Once in a library, at namespace scope.
#define DRCON_SOURCE(NAME, VERSION, SUMMARY, TYPE)                                                         \
  static const drcon_source_type drcon_source_type_of_this_library = ::drcon::detail::source_type<TYPE>(); \
  extern "C" DRCON_EXPORT const drcon_plugin drcon_plugin_entry =                                          \
      ::drcon::detail::entry(NAME, VERSION, SUMMARY, &drcon_source_type_of_this_library, nullptr);
