// What a template sees of the host's data: small views that own nothing. A view of a list, a map or an object is a
// pointer to the thing itself and a table of functions that read it, so that a snapshot is rendered where it lies, and
// what no template mentions is never read.
//
// Thread rule: values are copied freely; what they point to must outlive the rendering and must not change during it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace drcon::templating {

class memory;
class value;
struct function;

enum class kind : std::uint8_t {
  nothing,  // no value at all: a key that a map does not have
  nil,      // a value that is there and is null
  boolean,
  integer,     // Go's int: constants, indices, lengths
  integer64,   // Go's int64: results of the arithmetic functions
  byte,        // Go's uint8: an element of a string
  unsigned64,  // Go's uint64
  real,        // Go's float64
  text,
  list,
  map,
  object,
  function,
};

/// How a list is read. `at` is only called with an index below `size`.
struct list_class {
  std::string_view type;  // its name in messages and for %T, such as "[]string"
  std::size_t (*size)(const void* self);
  value (*at)(const void* self, std::size_t index, memory& scratch);
  bool any;  // its elements are of any type, which matters for some messages
};

struct map_entry;

/// How a map is read. `at` has the entries in order of their keys.
struct map_class {
  std::string_view type;  // such as "map[string]string"
  kind key;               // text or integer; `nothing`: keys of any type, as YAML has them
  kind absent;            // what a missing key is where the language asks for a zero value: nil, text, list …
  std::size_t (*size)(const void* self);
  value (*find)(const void* self, const value& key, memory& scratch);  // nothing when it is not there
  map_entry (*at)(const void* self, std::size_t index, memory& scratch);
  bool any;  // its values are of any type
};

/// One name that an object has: what is read, or, for a method, what is called.
struct field {
  std::string_view name;
  value (*get)(const void* self, memory& scratch);
  const function* method = nullptr;
};

struct object_class {
  std::string_view type;  // such as "*dependency.HealthService"
  std::span<const field> fields;
  /// Of types that have a text of their own, which is printed instead of their fields.
  std::string_view (*text)(const void* self, memory& scratch) = nullptr;
  /// What the type has beyond that of Consul Template: found by name, and not shown where a whole object is.
  std::span<const field> unshown = {};
  /// Of types that have another text in JSON, YAML and TOML: in those two without quotes.
  std::string_view (*document_text)(const void* self, memory& scratch) = nullptr;
  /// Of types that JSON does not take whatever they are: why it does not take this one, or empty.
  std::string_view (*json_fault)(const void* self) = nullptr;

  const field* find(std::string_view name) const {
    for (const auto each : {fields, unshown})
      for (const auto& one : each)
        if (one.name == name) return &one;
    return nullptr;
  }
};

class value {
public:
  constexpr value() = default;
  explicit constexpr value(bool flag) : flag_(flag), kind_(kind::boolean) {}
  explicit constexpr value(double number) : real_(number), kind_(kind::real) {}
  explicit constexpr value(std::string_view text) : pointer_(text.data()), size_(text.size()), kind_(kind::text) {}
  value(const void* self, const list_class& how) : pointer_(self), list_(&how), kind_(kind::list) {}
  value(const void* self, const map_class& how) : pointer_(self), map_(&how), kind_(kind::map) {}
  value(const void* self, const object_class& how) : pointer_(self), object_(&how), kind_(kind::object) {}
  value(const void* self, const function& what) : pointer_(self), function_(&what), kind_(kind::function) {}

  static constexpr value null() { return value(kind::nil, 0); }
  static constexpr value integer(std::int64_t number) { return value(kind::integer, number); }
  static constexpr value integer64(std::int64_t number) { return value(kind::integer64, number); }
  static constexpr value byte(std::uint8_t number) { return value(kind::byte, number); }
  static constexpr value unsigned64(std::uint64_t number) {
    return value(kind::unsigned64, static_cast<std::int64_t>(number));
  }

  constexpr kind what() const { return kind_; }
  constexpr bool is(kind asked) const { return kind_ == asked; }
  constexpr bool is_signed() const { return kind_ == kind::integer || kind_ == kind::integer64; }
  constexpr bool is_unsigned() const { return kind_ == kind::byte || kind_ == kind::unsigned64; }
  constexpr bool is_whole() const { return is_signed() || is_unsigned(); }
  /// Neither nothing nor nil.
  constexpr bool is_there() const { return kind_ != kind::nothing && kind_ != kind::nil; }

  // Each of these only for the kinds that its name says.
  bool flag() const { return flag_; }
  std::int64_t whole() const { return whole_; }
  std::uint64_t natural() const { return static_cast<std::uint64_t>(whole_); }
  double real() const { return real_; }
  std::string_view text() const { return {static_cast<const char*>(pointer_), size_}; }
  const list_class& as_list() const { return *list_; }
  const map_class& as_map() const { return *map_; }
  const object_class& as_object() const { return *object_; }
  const function& as_function() const { return *function_; }
  const void* self() const { return pointer_; }

  /// Its name in messages and for %T: Go's, such as "int" or "[]string".
  std::string_view type() const;
  /// Of a list, map or text (bytes); 0 for all else.
  std::size_t size() const;
  /// true, a number other than 0, what is not empty, every object and function.
  bool truth() const;

  // Of a list, a text's bytes, or a map; `index` below size().
  value at(std::size_t index, memory& scratch) const;
  value find(const value& key, memory& scratch) const;  // of a map: nothing when it is not there
  map_entry entry(std::size_t index, memory& scratch) const;

  /// Go distinguishes a value from one that stands in a variable of type `interface {}`: it is named so in some
  /// messages, and a field of a null one is a fault, where a field of nothing is nothing.
  constexpr bool in_any() const { return in_any_; }
  constexpr value in_any(bool on) const {
    auto copy = *this;
    copy.in_any_ = on;
    return copy;
  }

  /// Which of the host's things it comes of (`origins`); 0: none of them.
  constexpr std::uint32_t origin() const { return origin_; }
  constexpr value with_origin(std::uint32_t origin) const {
    auto copy = *this;
    copy.origin_ = origin;
    return copy;
  }
  /// A part of something comes of the same, unless it has an origin of its own.
  constexpr value inherits(std::uint32_t origin) const { return origin_ == 0 ? with_origin(origin) : *this; }

private:
  constexpr value(kind what, std::int64_t number) : whole_(number), kind_(what) {}

  union {
    const void* pointer_ = nullptr;
    bool flag_;
    std::int64_t whole_;
    double real_;
  };
  union {
    std::size_t size_ = 0;
    const list_class* list_;
    const map_class* map_;
    const object_class* object_;
    const function* function_;
  };
  kind kind_ = kind::nothing;
  bool in_any_ = false;
  std::uint32_t origin_ = 0;
};

struct map_entry {
  value key;
  value held;
};

inline value value::at(std::size_t index, memory& scratch) const {
  if (kind_ == kind::text) return byte(static_cast<std::uint8_t>(text()[index])).inherits(origin_);
  const auto found = list_->at(pointer_, index, scratch).inherits(origin_);
  return list_->any ? found.in_any(true) : found;
}

inline value value::find(const value& key, memory& scratch) const {
  return map_->find(pointer_, key, scratch).inherits(origin_);
}

inline map_entry value::entry(std::size_t index, memory& scratch) const {
  auto found = map_->at(pointer_, index, scratch);
  found.key = found.key.inherits(origin_);
  found.held = found.held.inherits(origin_);
  if (map_->any) found.held = found.held.in_any(true);
  return found;
}

}  // namespace drcon::templating
