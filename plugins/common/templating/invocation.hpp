// What a function that a template calls may use of the rendering that it is called in.
//
// Thread rule: the thread that renders.
#pragma once

#include "common/templating/fault.hpp"
#include "common/templating/memory.hpp"
#include "common/templating/origins.hpp"
#include "common/templating/surroundings.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace drcon::templating {

struct time_zone;

class invocation {
public:
  explicit invocation(const surroundings& around) : around_(around), memory_(around.bounds.memory) {}
  invocation(const invocation&) = delete;
  invocation& operator=(const invocation&) = delete;

  memory& scratch() { return memory_; }
  const surroundings& around() const { return around_; }
  /// Throws a `failure` when the rendering has taken too long.
  void spend(std::uint64_t steps) {
    steps_ += steps;
    if (steps_ >= next_look_) look_at_the_clock();
  }
  /// Why `given` asks for more rounds or bytes than data may; empty where it does not, or does not come of data. Throws
  /// `left_out` where all data together asks for more than it may.
  std::string excess_of(std::span<const value> given, std::uint64_t count, std::string_view unit);
  /// A text that a function made, at the cost of its length.
  value text(std::string_view made) {
    spend(made.size() / 64 + 1);
    return memory_.text(made);
  }

  /// What the function was found in: the object of a method, what a function value was made with.
  const void* self() const { return self_; }

  /// What the template of that name makes of `dot`.
  virtual std::string execute(std::string_view name, const value& dot) = 0;

  /// Where the template is right now.
  virtual position where() const = 0;

  using pad = std::map<std::string, value, std::less<>>;
  /// Of the function `scratch`.
  pad& values() { return values_; }

  using zone_map = std::map<std::string, const time_zone*, std::less<>>;
  /// Those that were asked for, and null where there is none of that name.
  zone_map& zones() { return zones_; }

protected:
  ~invocation() = default;
  const void* self_ = nullptr;

private:
  void look_at_the_clock();

  const surroundings& around_;
  memory memory_;
  pad values_;
  zone_map zones_;
  std::uint64_t steps_ = 0;
  std::uint64_t next_look_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace drcon::templating
