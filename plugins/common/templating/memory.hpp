// What a rendering makes for itself: texts that functions return, lists, maps. It lives as long as the rendering and is
// given back at once, so that nothing is freed one by one. It is bounded, since a template that collects in a loop
// would otherwise take all of the host's memory.
//
// Thread rule: one thread at a time.
#pragma once

#include "common/templating/value.hpp"

#include <cstddef>
#include <memory_resource>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace drcon::templating {

class memory {
public:
  explicit memory(std::size_t limit) : limit_(limit), store_(start_, sizeof start_, &blocks_) {}
  memory(const memory&) = delete;
  memory& operator=(const memory&) = delete;

  /// Throws a `failure` when the limit is reached.
  void* take(std::size_t bytes, std::size_t alignment);
  /// A copy that lives as long as this.
  std::string_view keep(std::string_view text);
  value text(std::string_view text) { return value(keep(text)); }

  /// []interface {}, []string, and maps of text to anything or to text, of copies of what is given.
  value any_list(std::span<const value> all);
  value text_list(std::span<const value> all);
  value any_map(std::vector<map_entry> all);
  value text_map(std::vector<map_entry> all);
  /// map[int][]interface {}
  value number_map(std::vector<map_entry> all);
  /// map[string][]interface {}
  value list_map(std::vector<map_entry> all);
  /// A part or an ordering of a list that lies elsewhere: of the same type.
  value list_like(std::span<const value> all, const list_class& source);
  /// A list or map of a class of its own, whose self is a `list_span` or `map_span`.
  value list_of(std::span<const value> all, const list_class& how);
  value map_of(std::vector<map_entry> all, const map_class& how);

  /// Changes a map that any_map() of this memory made, for everybody who has it, as Go's maps are changed. Throws a
  /// `failure` for any other one: the host's data belongs to it.
  void put(const value& map, const value& key, const value& held);
  void remove(const value& map, const value& key);
  bool owns(const void* made) const;

  template <typename T, typename... Arguments>
  T* make(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T>, "nobody destroys it");
    return new (take(sizeof(T), alignof(T))) T(std::forward<Arguments>(arguments)...);
  }

private:
  // Where the pieces lie that memory comes in.
  class blocks final : public std::pmr::memory_resource {
  public:
    bool has(const std::byte* place) const;

  private:
    struct block {
      const std::byte* start = nullptr;
      std::size_t bytes = 0;
    };
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* start, std::size_t bytes, std::size_t alignment) override;
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::vector<block> all_;
  };

  std::span<const map_entry>& own_entries(const value& map);

  std::size_t limit_;
  std::size_t taken_ = 0;
  alignas(std::max_align_t) std::byte start_[4096];
  blocks blocks_;
  std::unordered_map<const void*, std::size_t> rooms_;  // of maps that were put into: for how many entries
  std::pmr::monotonic_buffer_resource store_;
};

using list_span = std::span<const value>;
using map_span = std::span<const map_entry>;

// The functions that read these two, for classes of one's own.
std::size_t span_size(const void* self);
value span_at(const void* self, std::size_t index, memory& scratch);
std::size_t entries_size(const void* self);
value entries_find(const void* self, const value& key, memory& scratch);
map_entry entries_at(const void* self, std::size_t index, memory& scratch);
/// A map of that type whose values are of one kind, over entries that the memory holds.
constexpr map_class map_of(std::string_view type, kind absent, kind key = kind::text) {
  return {.type = type,
          .key = key,
          .absent = absent,
          .size = entries_size,
          .find = entries_find,
          .at = entries_at,
          .any = false};
}

/// Of map keys: numbers by size, texts by their bytes.
bool in_order(const value& left, const value& right);

extern const list_class any_list_class;
extern const list_class text_list_class;
extern const map_class any_map_class;
extern const map_class text_map_class;
extern const map_class number_map_class;
extern const map_class list_map_class;

}  // namespace drcon::templating
