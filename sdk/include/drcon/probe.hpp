// drcon/probe.hpp: for a source or sink that can look whether it works, and that changes nothing by that.
//
//   class my_sink final : public drcon::blocking_sink {
//   public:
//     void probe(drcon::probing& into) const {
//       if (can_connect()) into.ok(drcon::probed::reachable, "my server answers");
//       else into.failed(drcon::probed::reachable, "nobody listens on …", "start my server");
//     }
//     …
//   };
//   DRCON_PROBED_SINK("my-sink", "1.0.0", "Writes … to ….", my_sink)
//
// `drcon doctor` shows what it reports, and so does the status of a running drcon where something fails. Each `what` is
// one line that says what was found; each `advice` says in the imperative what to do. See drcon/probe.h.
#pragma once

#include <drcon/probe.h>
#include <drcon/detail/entry.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <string_view>

namespace drcon {

/// What was looked at.
enum class probed : std::uint32_t {
  other = DRCON_PROBE_OTHER,
  reachable = DRCON_PROBE_REACHABLE,
  rights = DRCON_PROBE_RIGHTS,
  connections = DRCON_PROBE_CONNECTIONS,
  version = DRCON_PROBE_VERSION,
  program = DRCON_PROBE_PROGRAM,
  process = DRCON_PROBE_PROCESS,
  readable = DRCON_PROBE_READABLE,
  writable = DRCON_PROBE_WRITABLE,
  included = DRCON_PROBE_INCLUDED,
  parts = DRCON_PROBE_PARTS,
  owner = DRCON_PROBE_OWNER,
};

/// What a sink asks for by name.
enum class asked : std::uint32_t {
  service = DRCON_PROBE_ASKS_SERVICE,
  key = DRCON_PROBE_ASKS_KEY,
  keys_below = DRCON_PROBE_ASKS_KEYS,
};

/// One probe, and where its findings go. Thread rule: within probe(), on the thread that it was called on.
class probing {
public:
  explicit probing(const drcon_probe_call* call) noexcept : call_(call) {}

  void ok(probed subject, std::string_view what) const { report(subject, DRCON_PROBE_OK, what, {}); }
  void warning(probed subject, std::string_view what, std::string_view advice) const {
    report(subject, DRCON_PROBE_WARNING, what, advice);
  }
  void failed(probed subject, std::string_view what, std::string_view advice) const {
    report(subject, DRCON_PROBE_FAILED, what, advice);
  }

  /// Of asks(): the sink applies nothing without what has that name. `why` says where it is asked for, and what to do.
  void needs(asked what, std::string_view name, std::string_view why) const {
    report(static_cast<probed>(what), DRCON_PROBE_FAILED, name, why);
  }
  /// The same, of what it goes on without.
  void would_use(asked what, std::string_view name, std::string_view why) const {
    report(static_cast<probed>(what), DRCON_PROBE_WARNING, name, why);
  }

  /// How long each answer of the other side may take, at most.
  std::chrono::nanoseconds timeout() const { return std::chrono::nanoseconds(call_->timeout); }
  /// The drcon that runs this configuration: whatever it has locked is no other's. 0: none runs.
  std::int64_t process() const { return call_->process; }

private:
  void report(probed subject, std::uint32_t state, std::string_view what, std::string_view advice) const {
    const drcon_probe_finding finding{.size = sizeof(drcon_probe_finding),
                                      .subject = static_cast<std::uint32_t>(subject),
                                      .state = state,
                                      .reserved = 0,
                                      .what = c_string(what),
                                      .advice = c_string(advice)};
    call_->found(call_->receiver, &finding);
  }

  const drcon_probe_call* call_;
};

namespace detail {

template <class Type>
concept asking = requires(const Type& some, const probing& into) {
  some.asks(into);
};

template <class Type>
void ask(void* self, const drcon_probe_call* call) noexcept {
  try {
    static_cast<const Type*>(self)->asks(probing(call));
  } catch (...) {  // what it asks for is not known then, as of a sink that cannot say it
  }
}

/// Null for a Type without asks().
template <class Type>
constexpr auto asks_of() -> void (*)(void*, const drcon_probe_call*) {
  if constexpr (asking<Type>) return &ask<Type>;
  else return nullptr;
}

template <class Type>
void probe(void* self, const drcon_probe_call* call) noexcept {
  probing into(call);
  std::string_view why = "an exception of unknown type";
  try {
    return static_cast<Type*>(self)->probe(into);
  } catch (const std::exception& error) {
    return into.failed(probed::other, error.what(), {});
  } catch (...) {
  }
  into.failed(probed::other, why, {});
}

constexpr drcon_plugin with_ability(drcon_plugin entry, const void* (*ability)(const char* name)) {
  entry.ability = ability;
  return entry;
}

}  // namespace detail
}  // namespace drcon

/// The ability, for DRCON_PROBED_SOURCE and DRCON_PROBED_SINK. SOURCE, SINK and ASKS are functions or nullptr.
#define DRCON_DETAIL_PROBE_ABILITY(SOURCE, SINK, ASKS)                                             \
  static const void* drcon_ability_of_this_library(const char* name) {                             \
    static const drcon_probe probe{                                                                \
        .size = sizeof(drcon_probe), .reserved = 0, .source = SOURCE, .sink = SINK, .asks = ASKS}; \
    return std::string_view(name) == DRCON_PROBE ? static_cast<const void*>(&probe) : nullptr;     \
  }

/// As DRCON_SOURCE, for a Type that has probe().
#define DRCON_PROBED_SOURCE(NAME, VERSION, SUMMARY, TYPE)                                                  \
  static const drcon_source_type drcon_source_type_of_this_library = ::drcon::detail::source_type<TYPE>(); \
  DRCON_DETAIL_PROBE_ABILITY(&::drcon::detail::probe<TYPE>, nullptr, nullptr)                              \
  extern "C" DRCON_EXPORT const drcon_plugin drcon_plugin_entry = ::drcon::detail::with_ability(           \
      ::drcon::detail::entry(NAME, VERSION, SUMMARY, &drcon_source_type_of_this_library, nullptr),         \
      &drcon_ability_of_this_library);

/// As DRCON_SINK, for a Type that has probe(), and perhaps `void asks(const drcon::probing& into) const`.
#define DRCON_PROBED_SINK(NAME, VERSION, SUMMARY, TYPE)                                                \
  static const drcon_sink_type drcon_sink_type_of_this_library = ::drcon::detail::sink_type<TYPE>();   \
  DRCON_DETAIL_PROBE_ABILITY(nullptr, &::drcon::detail::probe<TYPE>, ::drcon::detail::asks_of<TYPE>()) \
  extern "C" DRCON_EXPORT const drcon_plugin drcon_plugin_entry = ::drcon::detail::with_ability(       \
      ::drcon::detail::entry(NAME, VERSION, SUMMARY, nullptr, &drcon_sink_type_of_this_library),       \
      &drcon_ability_of_this_library);
