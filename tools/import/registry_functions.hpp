// The functions of Consul Template that drcon's engine has not, or that only a sink has: so that every template can be
// read, whatever it calls.
//
// Thread rule: pure functions.
#pragma once

#include "common/templating/function.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace drcon::importing {

/// key, keyExists, ls, tree …
bool asks_for_keys(std::string_view function);

/// Why a template that calls it cannot be rendered, and what to do; empty when it can.
std::string_view why_not(std::string_view function);

/// For reading one template: the engine's functions, Consul Template's others, and those of sprig and spew that the
/// text names.
class functions_of_text {
public:
  explicit functions_of_text(std::string_view text);
  functions_of_text(const functions_of_text&) = delete;
  functions_of_text& operator=(const functions_of_text&) = delete;

  const templating::function_table& table() const { return table_; }

private:
  void add(std::string_view name);

  std::deque<std::string> names_;
  std::deque<templating::function> functions_;
  templating::function_table table_;
};

}  // namespace drcon::importing
