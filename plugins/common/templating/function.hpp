// What a function that templates can call is, and tables of them.
//
// Thread rule: tables are filled before the first template is read with them, and only read afterwards.
#pragma once

#include "common/templating/value.hpp"

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace drcon::templating {

class invocation;

/// What a function takes at one place. Typed ones refuse values of other types in the words of Go.
struct parameter {
  enum class form : std::uint8_t {
    reflected,  // of a built-in function: anything, and nothing stays nothing
    any,        // anything, and nothing becomes null
    text,
    integer,
    integer64,
    natural32,  // constants alone: no value of a template is a uint32
    boolean,
    real,
    typed,      // a list or map of exactly this type
    structure,  // an object of exactly this type, which is never nil
  };
  form kind = form::any;
  std::string_view type = "interface {}";
};

namespace takes {
inline constexpr parameter reflected{parameter::form::reflected, "reflect.Value"};
inline constexpr parameter any{parameter::form::any, "interface {}"};
inline constexpr parameter text{parameter::form::text, "string"};
inline constexpr parameter integer{parameter::form::integer, "int"};
inline constexpr parameter integer64{parameter::form::integer64, "int64"};
inline constexpr parameter natural32{parameter::form::natural32, "uint32"};
inline constexpr parameter boolean{parameter::form::boolean, "bool"};
inline constexpr parameter real{parameter::form::real, "float64"};
inline constexpr parameter texts{parameter::form::typed, "[]string"};
inline constexpr parameter list{parameter::form::typed, "[]interface {}"};
inline constexpr parameter map{parameter::form::typed, "map[string]interface {}"};
inline constexpr parameter pairs{parameter::form::typed, "[]*dependency.KeyPair"};
}  // namespace takes

enum class built_in : std::uint8_t { none, ordinary, logical_and, logical_or, call };

struct function {
  std::string_view name;
  /// The last one may be given any number of times where the function is variadic.
  std::span<const parameter> parameters;
  bool is_variadic = false;
  /// Throws a `failure` with what is wrong. The arguments are as many and of such types as the parameters say.
  value (*call)(invocation& in, std::span<const value> arguments) = nullptr;
  std::string_view arguments;  // for people, such as "SEPARATOR LIST"
  std::string_view meaning;
  built_in built = built_in::none;
};

class function_table {
public:
  function_table() = default;
  explicit function_table(std::initializer_list<std::span<const function>> tables) {
    for (const auto& each : tables) add(each);
  }

  /// One of a name that is there already takes its place.
  void add(std::span<const function> more);
  const function* find(std::string_view name) const;
  /// In order of their names.
  std::span<const function* const> all() const { return all_; }

private:
  std::vector<const function*> all_;
};

}  // namespace drcon::templating
