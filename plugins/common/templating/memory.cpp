#include "common/templating/memory.hpp"

#include "common/templating/fault.hpp"
#include "common/templating/origins.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <string>

namespace drcon::templating {

const list_class any_list_class{.type = "[]interface {}", .size = span_size, .at = span_at, .any = true};
const list_class text_list_class{.type = "[]string", .size = span_size, .at = span_at, .any = false};
const map_class any_map_class{.type = "map[string]interface {}",
                              .key = kind::text,
                              .absent = kind::nil,
                              .size = entries_size,
                              .find = entries_find,
                              .at = entries_at,
                              .any = true};
const map_class text_map_class = map_of("map[string]string", kind::text);
const map_class number_map_class = map_of("map[int][]interface {}", kind::list, kind::integer);
const map_class list_map_class = map_of("map[string][]interface {}", kind::list);

void* memory::blocks::do_allocate(std::size_t bytes, std::size_t alignment) {
  auto* start = static_cast<std::byte*>(::operator new(bytes, std::align_val_t(alignment)));
  all_.push_back({.start = start, .bytes = bytes});
  return start;
}

void memory::blocks::do_deallocate(void* start, std::size_t, std::size_t alignment) {
  ::operator delete(start, std::align_val_t(alignment));  // clang offers no form with the size
}

bool memory::blocks::has(const std::byte* place) const {
  return std::ranges::any_of(all_, [&](const block& each) {
    return !std::less<>()(place, each.start) && std::less<>()(place, each.start + each.bytes);
  });
}

bool memory::owns(const void* made) const {
  const auto* place = static_cast<const std::byte*>(made);
  const bool is_at_start = !std::less<>()(place, start_) && std::less<>()(place, start_ + sizeof start_);
  return is_at_start || blocks_.has(place);
}

// The entries of a map that is put into one by one have room for more, so that n of them cost n log n and not n².
map_span& memory::own_entries(const value& map) {
  if (!map.is(kind::map) || &map.as_map() != &any_map_class || !owns(map.self()))
    throw failure("a map that the template has not made itself cannot be changed");
  return *const_cast<map_span*>(static_cast<const map_span*>(map.self()));  // this memory made it: see owns()
}

void memory::put(const value& map, const value& key, const value& held) {
  auto& entries = own_entries(map);
  const auto place = std::ranges::lower_bound(entries, key, in_order, &map_entry::key);
  const auto index = static_cast<std::size_t>(place - entries.begin());
  const auto room = rooms_.find(map.self());
  auto* all = const_cast<map_entry*>(entries.data());
  if (place != entries.end() && !in_order(key, place->key)) {
    all[index].held = held;
    return;
  }
  if (room == rooms_.end() || room->second == entries.size()) {
    const auto wanted = std::max<std::size_t>(8, 2 * entries.size());
    auto* larger = static_cast<map_entry*>(take(wanted * sizeof(map_entry), alignof(map_entry)));
    std::uninitialized_default_construct_n(larger, wanted);
    std::ranges::copy(entries, larger);
    rooms_[map.self()] = wanted;
    all = larger;
  }
  std::move_backward(all + index, all + entries.size(), all + entries.size() + 1);
  all[index] = {.key = key, .held = held};
  entries = map_span(all, entries.size() + 1);
}

void memory::remove(const value& map, const value& key) {
  auto& entries = own_entries(map);
  const auto place = std::ranges::lower_bound(entries, key, in_order, &map_entry::key);
  if (place == entries.end() || in_order(key, place->key)) return;
  auto* all = const_cast<map_entry*>(entries.data());
  std::move(all + (place - entries.begin()) + 1, all + entries.size(), all + (place - entries.begin()));
  entries = entries.first(entries.size() - 1);
}

void* memory::take(std::size_t bytes, std::size_t alignment) {
  if (bytes > limit_ - taken_)
    throw limit_reached("the template's values take more than " + std::to_string(limit_) + " bytes");
  taken_ += bytes;
  return store_.allocate(bytes, alignment);
}

std::string_view memory::keep(std::string_view text) {
  if (text.empty()) return {};
  auto* copy = static_cast<char*>(take(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

value memory::list_of(std::span<const value> all, const list_class& how) {
  auto* copy = static_cast<value*>(take(std::max<std::size_t>(all.size_bytes(), 1), alignof(value)));
  std::uninitialized_copy(all.begin(), all.end(), copy);
  return {make<list_span>(copy, all.size()), how};
}

value memory::map_of(std::vector<map_entry> all, const map_class& how) {
  std::ranges::stable_sort(all, in_order, &map_entry::key);
  // Of equal keys the last one counts, as with an assignment.
  std::vector<map_entry> unique;
  unique.reserve(all.size());
  for (const auto& each : all) {
    if (!unique.empty() && !in_order(unique.back().key, each.key)) unique.back() = each;
    else unique.push_back(each);
  }
  auto* copy =
      static_cast<map_entry*>(take(std::max<std::size_t>(unique.size() * sizeof(map_entry), 1), alignof(map_entry)));
  std::uninitialized_copy(unique.begin(), unique.end(), copy);
  return {make<map_span>(copy, unique.size()), how};
}

value memory::list_like(std::span<const value> all, const list_class& source) {
  if (source.at == span_at) return list_of(all, source);
  return list_of(
      all, *make<list_class>(list_class{.type = source.type, .size = span_size, .at = span_at, .any = source.any}));
}

value memory::any_list(std::span<const value> all) { return list_of(all, any_list_class); }
value memory::text_list(std::span<const value> all) { return list_of(all, text_list_class); }
value memory::any_map(std::vector<map_entry> all) { return map_of(std::move(all), any_map_class); }
value memory::text_map(std::vector<map_entry> all) { return map_of(std::move(all), text_map_class); }
value memory::number_map(std::vector<map_entry> all) { return map_of(std::move(all), number_map_class); }
value memory::list_map(std::vector<map_entry> all) { return map_of(std::move(all), list_map_class); }

std::size_t span_size(const void* self) { return static_cast<const list_span*>(self)->size(); }
value span_at(const void* self, std::size_t index, memory&) { return (*static_cast<const list_span*>(self))[index]; }
std::size_t entries_size(const void* self) { return static_cast<const map_span*>(self)->size(); }
map_entry entries_at(const void* self, std::size_t index, memory&) {
  return (*static_cast<const map_span*>(self))[index];
}

value entries_find(const void* self, const value& key, memory&) {
  const auto& all = *static_cast<const map_span*>(self);
  const auto found = std::ranges::lower_bound(all, key, in_order, &map_entry::key);
  return found == all.end() || in_order(key, found->key) ? value() : found->held;
}

namespace {

// Keys of several types are in the order in which Go's compiler laid these types down.
int rank(const value& key) {
  switch (key.what()) {
    case kind::nothing:
    case kind::nil: return 0;
    case kind::text: return 1;
    case kind::byte:
    case kind::unsigned64: return 2;
    case kind::integer:
    case kind::integer64: return 3;
    case kind::real: return 4;
    case kind::boolean: return 5;
    default: return 6;
  }
}

}  // namespace

bool in_order(const value& left, const value& right) {
  if (left.is(kind::text) && right.is(kind::text)) return left.text() < right.text();
  if (left.is_signed() && right.is_signed()) return left.whole() < right.whole();
  if (left.is_unsigned() && right.is_unsigned()) return left.natural() < right.natural();
  if (left.is(kind::real) && right.is(kind::real)) return left.real() < right.real();
  if (left.is(kind::boolean) && right.is(kind::boolean)) return !left.flag() && right.flag();
  return rank(left) < rank(right);
}

}  // namespace drcon::templating
