// What a call returns when its caller can handle the failure: a value, or the reason why there is none.
//
// This is the one shape of error in core. A broken promise of the caller (a null pointer, a name that does not exist)
// is an exception or an assertion instead, because nobody can handle it.
// Thread rule: a plain value; not shared.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace drcon::base {

/// Why a call failed, as a sentence without a final stop, for a log line or an operator.
struct failure {
  std::string why;

  friend bool operator==(const failure&, const failure&) = default;
};

/// A value of type T or a failure. `return failure{"..."};` and `return value;` both convert to it. A result that is
/// ignored is a compiler warning, so that a failure is never lost by accident. Where a reason alone is not enough (a
/// library's fault says what to do about it as well), `Failure` is a type of its own.
template <class T = void, class Failure = failure>
class [[nodiscard]] result {
public:
  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  result(Failure why) : content_(std::in_place_index<1>, std::move(why)) {}

  /// True if there is a value. Only then may the value be used; only otherwise is there an error.
  bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // A caller that did not look at has_value() first gets std::bad_variant_access, in every build.
  T& operator*() & { return std::get<0>(content_); }
  const T& operator*() const& { return std::get<0>(content_); }
  T&& operator*() && { return std::get<0>(std::move(content_)); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

  const Failure& error() const { return std::get<1>(content_); }

private:
  std::variant<T, Failure> content_;
};

/// Success without a value, or a failure. A default-made one is success.
template <class Failure>
class [[nodiscard]] result<void, Failure> {
public:
  result() = default;
  result(Failure why) : content_(std::move(why)) {}

  bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  const Failure& error() const { return std::get<1>(content_); }

private:
  std::variant<std::monostate, Failure> content_;
};

}  // namespace drcon::base
