#include "plugins/options.hpp"

#include "config/units.hpp"

#include <drcon/model.hpp>

#include <iterator>

namespace drcon::plugins {
namespace {

const nlohmann::json* find(const drcon_options& from, drcon_string pointer) {
  try {
    const nlohmann::json::json_pointer at{std::string(view(pointer))};
    return from.values.contains(at) ? &from.values.at(at) : nullptr;
  } catch (const nlohmann::json::exception&) {  // not a JSON Pointer
    return nullptr;
  }
}

void read_text(const std::string& text, drcon_value& out) {
  out.type = DRCON_VALUE_STRING;
  out.string = c_string(text);
  const auto duration = config::parse_duration(text);
  const auto size = config::parse_size(text);
  out.nanoseconds = duration ? duration->count() : -1;
  out.bytes = size ? *size : -1;
}

}  // namespace

void read_option(const drcon_options& from, drcon_string pointer, drcon_value& out) {
  const auto size = out.size;
  out = {};
  out.size = size;
  const auto* value = find(from, pointer);
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

drcon_string option_key(const drcon_options& from, drcon_string pointer, std::size_t i) {
  const auto* value = find(from, pointer);
  if (value == nullptr || !value->is_object() || i >= value->size()) return {};
  return c_string(std::next(value->begin(), static_cast<std::ptrdiff_t>(i)).key());
}

}  // namespace drcon::plugins
