// drcon/options.hpp: reading the checked options of an instance.
//
// The host has already checked them against the plugin's schema and filled in defaults, so a getter for a key that
// the schema describes does not fail. What only the plugin can judge ("either a or b") it reports with config_error.
// Use within the constructor only; keep values, not options.
#pragma once

#include <drcon/model.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drcon {

/// The options cannot be used. `pointer` names the one at fault; the host turns it into file:line:column.
class config_error : public std::runtime_error {
public:
  config_error(std::string pointer, const std::string& why) : std::runtime_error(why), pointer_(std::move(pointer)) {}
  explicit config_error(const std::string& why) : std::runtime_error(why) {}
  const std::string& pointer() const noexcept { return pointer_; }

private:
  std::string pointer_;
};

class options {
public:
  options(const drcon_host* host, const drcon_options* raw, std::string pointer = {})
      : host_(host), raw_(raw), pointer_(std::move(pointer)) {}

  options operator[](std::string_view key) const { return {host_, raw_, pointer_ + "/" + escaped(key)}; }
  options operator[](std::size_t i) const { return {host_, raw_, pointer_ + "/" + std::to_string(i)}; }

  /// Set by the user or by a default.
  bool present() const { return get().type != DRCON_VALUE_NONE; }
  /// Elements of an array, members of a table, else 0.
  std::size_t count() const { return get().count; }
  /// JSON Pointer of this option, for config_error.
  const std::string& pointer() const noexcept { return pointer_; }

  std::string string() const { return std::string(view(expect(DRCON_VALUE_STRING, "a string").string)); }
  std::string string_or(std::string_view otherwise) const { return present() ? string() : std::string(otherwise); }
  bool boolean() const { return expect(DRCON_VALUE_BOOLEAN, "true or false").integer != 0; }
  std::int64_t integer() const { return expect(DRCON_VALUE_INTEGER, "a whole number").integer; }
  double number() const {
    const auto value = get();
    if (value.type != DRCON_VALUE_INTEGER && value.type != DRCON_VALUE_NUMBER) throw mismatch("a number");
    return value.number;
  }
  std::chrono::nanoseconds duration() const {
    const auto value = expect(DRCON_VALUE_STRING, "a duration such as \"250ms\"");
    if (value.nanoseconds < 0) throw mismatch("a duration such as \"250ms\"");
    return std::chrono::nanoseconds(value.nanoseconds);
  }
  std::size_t bytes() const {
    const auto value = expect(DRCON_VALUE_STRING, "a size such as \"64KiB\"");
    if (value.bytes < 0) throw mismatch("a size such as \"64KiB\"");
    return static_cast<std::size_t>(value.bytes);
  }
  std::vector<std::string> strings() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count(); ++i) all.push_back((*this)[i].string());
    return all;
  }
  /// Member names of a table, in alphabetical order.
  std::vector<std::string> keys() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count(); ++i) all.emplace_back(view(host_->option_key(raw_, c_string(pointer_), i)));
    return all;
  }

private:
  // RFC 6901: "~" and "/" inside a name.
  static std::string escaped(std::string_view key) {
    std::string out;
    for (const char c : key) {
      if (c == '~') out += "~0";
      else if (c == '/') out += "~1";
      else out += c;
    }
    return out;
  }
  drcon_value get() const {
    drcon_value value{};
    value.size = sizeof value;
    host_->option(raw_, c_string(pointer_), &value);
    return value;
  }
  drcon_value expect(std::uint32_t type, const char* what) const {
    const auto value = get();
    if (value.type != type) throw mismatch(what);
    return value;
  }
  config_error mismatch(const char* what) const { return {pointer_, std::string("expected ") + what}; }

  const drcon_host* host_;
  const drcon_options* raw_;
  std::string pointer_;
};

}  // namespace drcon
