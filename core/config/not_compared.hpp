// A member that does not count when two configurations are compared.
#pragma once

#include <concepts>
#include <utility>

namespace drcon::config {

/// A T, but two of them are always equal. For what a struct carries along and a reload must not react to, such as the
/// line on which a table stands: so the struct keeps a defaulted comparison, which no new member can be left out of.
template <class T>
struct not_compared : T {
  not_compared() = default;
  not_compared(T value) : T(std::move(value)) {}
  template <class... Parts>
  requires(sizeof...(Parts) > 1) not_compared(Parts&&... parts) : T{std::forward<Parts>(parts)...} {}

  // For two of these alone: one of them and a T are compared as T is.
  template <std::same_as<not_compared> Same>
  friend bool operator==(const Same&, const Same&) {
    return true;
  }
};

}  // namespace drcon::config
