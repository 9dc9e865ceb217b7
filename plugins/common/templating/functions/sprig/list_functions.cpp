// sprig: lists made, cut, joined and searched.
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/functions/sprig/values.hpp"
#include "common/templating/parameter_lists.hpp"

#include <algorithm>
#include <cmath>

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

value list_of(invocation& in, std::vector<value> all) {
  for (auto& each : all) each = each.is_there() ? each.in_any(false) : value::null();
  return in.scratch().any_list(all);
}

value call_list(invocation& in, arguments all) { return list_of(in, {all.begin(), all.end()}); }

value call_append(invocation& in, arguments all) {
  auto result = elements(in, all[0], "Cannot push on type");
  result.push_back(all[1]);
  return list_of(in, std::move(result));
}
value call_prepend(invocation& in, arguments all) {
  auto result = elements(in, all[0], "Cannot prepend on type");
  result.insert(result.begin(), all[1]);
  return list_of(in, std::move(result));
}

value call_first(invocation& in, arguments all) {
  const auto found = elements(in, all[0], "Cannot find first on type");
  return found.empty() ? value::null() : any_result(found.front());
}
value call_last(invocation& in, arguments all) {
  const auto found = elements(in, all[0], "Cannot find last on type");
  return found.empty() ? value::null() : any_result(found.back());
}
value call_rest(invocation& in, arguments all) {
  auto found = elements(in, all[0], "Cannot find rest on type");
  if (!found.empty()) found.erase(found.begin());
  return list_of(in, std::move(found));
}
value call_initial(invocation& in, arguments all) {
  auto found = elements(in, all[0], "Cannot find initial on type");
  if (!found.empty()) found.pop_back();
  return list_of(in, std::move(found));
}
value call_reverse(invocation& in, arguments all) {
  auto found = elements(in, all[0], "Cannot find reverse on type");
  std::ranges::reverse(found);
  return list_of(in, std::move(found));
}
value call_compact(invocation& in, arguments all) {
  auto found = elements(in, all[0], "Cannot compact on type");
  std::erase_if(found, is_empty);
  return list_of(in, std::move(found));
}

bool is_in(invocation& in, std::span<const value> all, const value& wanted) {
  return std::ranges::any_of(all, [&](const value& each) { return is_same(in, wanted, each); });
}
value call_uniq(invocation& in, arguments all) {
  std::vector<value> result;
  for (const auto& each : elements(in, all[0], "Cannot find uniq on type"))
    if (!is_in(in, result, each)) result.push_back(each);
  return list_of(in, std::move(result));
}
value call_without(invocation& in, arguments all) {
  auto found = elements(in, all[0], "Cannot find without on type");
  std::erase_if(found, [&](const value& each) { return is_in(in, all.subspan(1), each); });
  return list_of(in, std::move(found));
}
value call_has(invocation& in, arguments all) {
  if (!all[1].is_there()) return value(false);
  return value(is_in(in, elements(in, all[1], "Cannot find has on type"), all[0]));
}

value call_slice(invocation& in, arguments all) {
  const auto found = elements(in, all[0], "list should be type of slice or array but");
  if (found.empty()) return value::null();
  const auto size = static_cast<std::int64_t>(found.size());
  const auto start = all.size() > 1 ? to_whole(all[1]) : 0;
  const auto end = all.size() > 2 ? to_whole(all[2]) : size;
  if (start < 0 || start > end || end > size) throw failure("reflect.Value.Slice: slice index out of bounds");
  const auto part = std::span(found).subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start));
  return in.scratch().list_like(part, all[0].as_list()).in_any(true);
}

value call_concat(invocation& in, arguments all) {
  std::vector<value> result;
  for (const auto& each : all) {
    if (each.is_there() && !is_list(each))
      throw failure("Cannot concat type " + std::string(kind_name(each)) + " as list");
    const auto more = elements(in, each, "");
    result.insert(result.end(), more.begin(), more.end());
  }
  return list_of(in, std::move(result)).in_any(true);
}

const list_class lists_class{.type = "[][]interface {}", .size = span_size, .at = span_at, .any = false};

value call_chunk(invocation& in, arguments all) {
  const auto found = elements(in, all[1], "Cannot chunk type");
  const auto size = all[0].whole();
  const auto count = static_cast<double>(found.size());
  const auto chunks = size == 0 ? -1 : std::floor((count - 1) / static_cast<double>(size)) + 1;
  if (chunks < 0) throw failure("runtime error: makeslice: len out of range");
  if (size < 0 && chunks > 0 && (found.size() != 1 || size == -1))
    throw failure("runtime error: makeslice: len out of range");
  std::vector<value> result;
  for (auto rest = std::span(found); chunks > 0 && !rest.empty();) {
    const auto part = rest.first(std::min(static_cast<std::size_t>(size), rest.size()));
    result.push_back(list_of(in, {part.begin(), part.end()}));
    rest = rest.subspan(part.size());
  }
  return in.scratch().list_of(result, lists_class);
}

constexpr function list_table[] = {
    {"sprig_append", expects::two, false, call_append, "LIST VALUE", "with the value at the end"},
    {"sprig_chunk", expects::integer_and_any, false, call_chunk, "SIZE LIST", "lists of so many elements"},
    {"sprig_compact", expects::any, false, call_compact, "LIST", "without what is empty"},
    {"sprig_concat", expects::any, true, call_concat, "LIST…", "all of them as one"},
    {"sprig_first", expects::any, false, call_first, "LIST", "the first element"},
    {"sprig_has", expects::two, false, call_has, "VALUE LIST", "whether the value is in the list"},
    {"sprig_initial", expects::any, false, call_initial, "LIST", "all but the last element"},
    {"sprig_last", expects::any, false, call_last, "LIST", "the last element"},
    {"sprig_list", expects::any, true, call_list, "VALUE…", "a list of the values"},
    {"sprig_mustAppend", expects::two, false, call_append, "LIST VALUE", "with the value at the end"},
    {"sprig_mustChunk", expects::integer_and_any, false, call_chunk, "SIZE LIST", "lists of so many elements"},
    {"sprig_mustCompact", expects::any, false, call_compact, "LIST", "without what is empty"},
    {"sprig_mustFirst", expects::any, false, call_first, "LIST", "the first element"},
    {"sprig_mustHas", expects::two, false, call_has, "VALUE LIST", "whether the value is in the list"},
    {"sprig_mustInitial", expects::any, false, call_initial, "LIST", "all but the last element"},
    {"sprig_mustLast", expects::any, false, call_last, "LIST", "the last element"},
    {"sprig_mustPrepend", expects::two, false, call_prepend, "LIST VALUE", "with the value in front"},
    {"sprig_mustPush", expects::two, false, call_append, "LIST VALUE", "with the value at the end"},
    {"sprig_mustRest", expects::any, false, call_rest, "LIST", "all but the first element"},
    {"sprig_mustReverse", expects::any, false, call_reverse, "LIST", "from the last to the first"},
    {"sprig_mustSlice", expects::two, true, call_slice, "LIST [START [END]]", "a part of the list"},
    {"sprig_mustUniq", expects::any, false, call_uniq, "LIST", "each value once"},
    {"sprig_mustWithout", expects::two, true, call_without, "LIST VALUE…", "without these values"},
    {"sprig_prepend", expects::two, false, call_prepend, "LIST VALUE", "with the value in front"},
    {"sprig_push", expects::two, false, call_append, "LIST VALUE", "with the value at the end"},
    {"sprig_rest", expects::any, false, call_rest, "LIST", "all but the first element"},
    {"sprig_reverse", expects::any, false, call_reverse, "LIST", "from the last to the first"},
    {"sprig_slice", expects::two, true, call_slice, "LIST [START [END]]", "a part of the list"},
    {"sprig_tuple", expects::any, true, call_list, "VALUE…", "a list of the values"},
    {"sprig_uniq", expects::any, false, call_uniq, "LIST", "each value once"},
    {"sprig_without", expects::two, true, call_without, "LIST VALUE…", "without these values"},
};

}  // namespace

std::span<const function> list_functions() { return list_table; }

}  // namespace drcon::templating::sprig
