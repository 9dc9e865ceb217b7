// What a rendering may use besides its values, and how much of it.
//
// Thread rule: values; `environment` is called on the thread that renders.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace drcon::templating {

/// A template comes from the operator, its data from anybody who can register a service: neither may exhaust the host.
struct limits {
  std::size_t output = std::size_t{64} << 20U;   // bytes
  std::size_t memory = std::size_t{256} << 20U;  // bytes of texts, lists and maps that functions make
  std::uint64_t steps = 200'000'000;             // a node that is walked is one; a function's work counts by its bytes
  std::size_t depth = 1000;                      // templates, branches and parentheses in one another
  std::chrono::milliseconds time{30'000};
};

/// What a field is that a map does not have.
enum class missing_key : std::uint8_t {
  nothing,  // shown as <no value>
  zero,     // what a map of that type has for a key that is not there; Consul Template's choice
  fault,
};

struct surroundings {
  limits bounds;
  missing_key missing = missing_key::nothing;
  /// For the functions of the host, which know what it is.
  const void* host = nullptr;
  std::function<std::optional<std::string>(std::string_view name)> environment;
  /// Of the function `timestamp`. Without it: the system's clock.
  std::optional<std::chrono::system_clock::time_point> now;
};

}  // namespace drcon::templating
