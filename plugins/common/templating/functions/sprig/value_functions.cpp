// sprig: defaults, choices, types, JSON.
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/functions/sprig/values.hpp"
#include "common/templating/json.hpp"
#include "common/templating/parameter_lists.hpp"

#include <algorithm>

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

value call_default(invocation&, arguments all) {
  return any_result(all.size() < 2 || is_empty(all[1]) ? all[0] : all[1]);
}
value call_empty(invocation&, arguments all) { return value(is_empty(all[0])); }
value call_coalesce(invocation&, arguments all) {
  const auto found = std::ranges::find_if_not(all, is_empty);
  return found == all.end() ? value::null() : any_result(*found);
}
value call_all(invocation&, arguments all) { return value(std::ranges::none_of(all, is_empty)); }
value call_any(invocation&, arguments all) { return value(!std::ranges::all_of(all, is_empty)); }
value call_ternary(invocation&, arguments all) { return any_result(all[2].flag() ? all[0] : all[1]); }

std::string_view type_of(const value& of) { return of.is_there() ? of.type() : std::string_view("<nil>"); }
value call_type_of(invocation&, arguments all) { return value(type_of(all[0])); }
value call_type_is(invocation&, arguments all) { return value(all[0].text() == type_of(all[1])); }
value call_type_is_like(invocation&, arguments all) {
  auto type = type_of(all[1]);
  const bool is_equal = type == all[0].text();
  if (type.starts_with('*')) type.remove_prefix(1);
  return value(is_equal || (type.size() < type_of(all[1]).size() && type == all[0].text()));
}
value call_kind_of(invocation&, arguments all) { return value(kind_name(all[0])); }
value call_kind_is(invocation&, arguments all) { return value(all[0].text() == kind_name(all[1])); }
value call_deep_equal(invocation& in, arguments all) { return value(is_same(in, all[0], all[1])); }

value read(invocation& in, std::string_view text) {
  in.spend(text.size() / 16 + 1);
  if (text.size() > in.around().bounds.memory / 8) throw failure("the text would be too long");
  return any_result(read_json(text, in.scratch()));
}
value call_must_from_json(invocation& in, arguments all) { return read(in, all[0].text()); }
value call_from_json(invocation& in, arguments all) {
  try {
    return read(in, all[0].text());
  } catch (const failure&) {
    in.spend(0);  // a rendering that has taken too long still ends
    return value::null();
  }
}

value write(invocation& in, const value& of, const json_style& style) {
  return in.text(json_text(of, in.scratch(), style, in.around().bounds.memory));
}
constexpr json_style pretty{.is_pretty = true};
constexpr json_style raw{.escapes_html = false};

// Those without "must" return nothing for what JSON cannot say.
value write_or_nothing(invocation& in, const value& of, const json_style& style) {
  try {
    return write(in, of, style);
  } catch (const failure&) {
    in.spend(0);
    return value(std::string_view());
  }
}
value call_to_json(invocation& in, arguments all) { return write_or_nothing(in, all[0], {}); }
value call_to_pretty_json(invocation& in, arguments all) { return write_or_nothing(in, all[0], pretty); }
value call_must_to_json(invocation& in, arguments all) { return write(in, all[0], {}); }
value call_must_to_pretty_json(invocation& in, arguments all) { return write(in, all[0], pretty); }
value call_to_raw_json(invocation& in, arguments all) { return write(in, all[0], raw); }

constexpr function value_table[] = {
    {"sprig_all", expects::any, true, call_all, "VALUE…", "whether none is empty"},
    {"sprig_any", expects::any, true, call_any, "VALUE…", "whether one is not empty"},
    {"sprig_coalesce", expects::any, true, call_coalesce, "VALUE…", "the first that is not empty"},
    {"sprig_deepEqual", expects::two, false, call_deep_equal, "A B", "whether both are equal in all that they hold"},
    {"sprig_default", expects::two, true, call_default, "DEFAULT VALUE", "the value, or the default if it is empty"},
    {"sprig_empty", expects::any, false, call_empty, "VALUE", "whether it is empty"},
    {"sprig_fromJson", expects::text, false, call_from_json, "TEXT", "what the JSON says, or nothing"},
    {"sprig_kindIs", expects::text_and_any, false, call_kind_is, "KIND VALUE", "whether the value is of this kind"},
    {"sprig_kindOf", expects::any, false, call_kind_of, "VALUE", "its kind: string, int, slice, map …"},
    {"sprig_mustFromJson", expects::text, false, call_must_from_json, "TEXT", "what the JSON says"},
    {"sprig_mustToJson", expects::any, false, call_must_to_json, "VALUE", "as JSON, with <, > and & escaped"},
    {"sprig_mustToPrettyJson", expects::any, false, call_must_to_pretty_json, "VALUE",
     "as JSON in lines, with <, > and & escaped"},
    {"sprig_mustToRawJson", expects::any, false, call_to_raw_json, "VALUE", "as JSON"},
    {"sprig_ternary", expects::choice, false, call_ternary, "YES NO FLAG", "one of the two"},
    {"sprig_toJson", expects::any, false, call_to_json, "VALUE", "as JSON, with <, > and & escaped"},
    {"sprig_toPrettyJson", expects::any, false, call_to_pretty_json, "VALUE",
     "as JSON in lines, with <, > and & escaped"},
    {"sprig_toRawJson", expects::any, false, call_to_raw_json, "VALUE", "as JSON"},
    {"sprig_typeIs", expects::text_and_any, false, call_type_is, "TYPE VALUE", "whether the value is of this type"},
    {"sprig_typeIsLike", expects::text_and_any, false, call_type_is_like, "TYPE VALUE",
     "whether the value is of this type, or points to one"},
    {"sprig_typeOf", expects::any, false, call_type_of, "VALUE", "its type, such as []string"},
};

}  // namespace

std::span<const function> value_functions() { return value_table; }

}  // namespace drcon::templating::sprig
