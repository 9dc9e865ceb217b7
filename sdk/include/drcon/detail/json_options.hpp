// drcon/detail/json_options.hpp: what the host's `option` and `option_key` answer, from options held as JSON.
//
// Of the host and of the recording host for tests, so that both answer alike; a plugin has no use for it. Needs
// nlohmann/json. Thread rule: pure functions; what they return points into the JSON.
#pragma once

#include <drcon/model.hpp>
#include <drcon/units.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

namespace drcon::detail {

inline const nlohmann::json* find_option(const nlohmann::json& all, std::string_view pointer) noexcept {
  try {
    const nlohmann::json::json_pointer at{std::string(pointer)};
    return all.contains(at) ? &all.at(at) : nullptr;
  } catch (...) {  // not a JSON Pointer
    return nullptr;
  }
}

inline void read_text(const std::string& text, drcon_value& out) {
  out.type = DRCON_VALUE_STRING;
  out.string = c_string(text);
  const auto duration = parse_duration(text);
  const auto size = parse_size(text);
  out.nanoseconds = duration ? duration->count() : -1;
  out.bytes = size ? *size : -1;
}

/// The value at a JSON Pointer; DRCON_VALUE_NONE when there is none. Never throws.
inline void read_option(const nlohmann::json& all, std::string_view pointer, drcon_value& out) {
  const auto size = out.size;
  out = {};
  out.size = size;
  const auto* value = find_option(all, pointer);
  if (value == nullptr || value->is_null()) return;
  if (value->is_boolean()) {
    out.type = DRCON_VALUE_BOOLEAN;
    out.integer = value->get<bool>() ? 1 : 0;
  } else if (value->is_number_integer()) {
    out.type = DRCON_VALUE_INTEGER;
    out.integer = value->get<std::int64_t>();
    out.number = value->get<double>();
  } else if (value->is_number()) {
    out.type = DRCON_VALUE_NUMBER;
    out.number = value->get<double>();
  } else if (value->is_string()) {
    read_text(value->get_ref<const std::string&>(), out);
  } else {
    out.type = value->is_array() ? DRCON_VALUE_ARRAY : DRCON_VALUE_TABLE;
    out.count = value->size();
  }
}

/// Name of the i-th member of a table; empty when there is none. Never throws.
inline drcon_string option_key(const nlohmann::json& all, std::string_view pointer, std::size_t i) {
  const auto* value = find_option(all, pointer);
  if (value == nullptr || !value->is_object() || i >= value->size()) return {};
  return c_string(std::next(value->begin(), static_cast<std::ptrdiff_t>(i)).key());
}

}  // namespace drcon::detail
