// What a rendering may use besides its values, and how much of it.
//
// The library itself opens no file or connection and starts no program: what is missing here, a template is refused.
//
// Thread rule: values; the functions are called on the thread that renders.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// What a program has done that a template asked for.
struct program_result {
  std::string output;  // standard output
  std::string errors;  // standard error
  std::string why;     // why it did not end well, such as "exit status 1"; empty when it did
};

/// What `writeToFile` asks for. The host decides whether the place is allowed, and when it is written.
struct file_request {
  std::string path;
  std::string user;  // name or number; empty: as drcon runs
  std::string group;
  std::uint32_t mode = 0;
  bool appends = false;
  bool is_of_data = false;  // somebody who may write data has a part in the path
  std::string content;
};

/// One address of this machine, for `sockaddr`.
struct network_address {
  std::string interface;
  std::string address;      // IPv4 or IPv6, as text
  unsigned prefix = 0;      // how many bits of it name the network
  std::string flags;        // with bars between: up, broadcast, loopback, pointtopoint, multicast, running
  bool is_default = false;  // the interface has the default route
};

class overseer;

struct surroundings {
  limits bounds;
  /// Who answers for the data while it is rendered. Without it nobody does.
  const overseer* oversees = nullptr;
  missing_key missing = missing_key::nothing;
  /// For the functions of the host, which know what it is.
  const void* host = nullptr;
  std::function<std::optional<std::string>(std::string_view name)> environment;
  /// Called again and again while it renders, with the time that it has taken so far. It may throw a `limit_reached`,
  /// which ends the rendering.
  std::function<void(std::chrono::nanoseconds so_far)> at_work;
  /// Of the functions that ask the clock, such as `timestamp` and `sprig_now`. Without it: the system's clock.
  std::optional<std::chrono::system_clock::time_point> now;
  /// What the file of a time zone holds (RFC 8536), or nothing. Its name may be data, but holds neither ".." nor a
  /// slash at its beginning; "Local" is this machine's zone. Without it all zones are UTC.
  std::function<std::optional<std::string>(std::string_view name)> zone_file;
  /// Of the function `plugin`: runs a program, without a shell, within a time that the host sets.
  std::function<program_result(std::span<const std::string> words)> run_program;
  /// Of the function `writeToFile`: why it cannot be, or nothing.
  std::function<std::optional<std::string>(const file_request& file)> write_file;
  /// Of the function `sockaddr`, in the order of the interfaces.
  std::function<std::vector<network_address>()> network;
  /// What `spew_dump` and `spew_printf` print, for who writes the template. Without it: nowhere.
  std::function<void(std::string_view text)> print;
};

}  // namespace drcon::templating
