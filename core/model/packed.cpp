#include "model/packed.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <unordered_map>

namespace drcon::model {
namespace {

// Texts one behind the other; those that are likely to be equal only once.
class texts {
public:
  std::size_t size() const { return size_; }
  void add(std::string_view text) { size_ += text.size(); }
  void add_once(std::string_view text) {
    if (places_.try_emplace(text, nullptr).second) size_ += text.size();
  }

  // From here on the same texts are written, in any order.
  void write_to(char* at) { at_ = at; }
  drcon_string write(std::string_view text) {
    if (text.empty()) return {"", 0};
    auto* const written = at_;
    std::memcpy(written, text.data(), text.size());
    at_ += text.size();
    return {written, text.size()};
  }
  drcon_string write_once(std::string_view text) {
    auto& place = places_.at(text);
    if (place == nullptr) place = write(text).data;
    return {place, text.size()};
  }

private:
  std::unordered_map<std::string_view, const char*> places_;
  std::size_t size_ = 0;
  char* at_ = nullptr;
};

// Endpoints of one service mostly have the same tags and the same metadata as the one before.
bool shares_tags(const std::vector<endpoint>& all, std::size_t i) { return i > 0 && all[i].tags == all[i - 1].tags; }
bool shares_meta(const std::vector<endpoint>& all, std::size_t i) { return i > 0 && all[i].meta == all[i - 1].meta; }

// How much room all takes up.
struct extent {
  std::size_t tags = 0;
  std::size_t pairs = 0;
};

extent measure(const std::vector<endpoint>& endpoints, texts& all) {
  extent size;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto& each = endpoints[i];
    all.add(each.id);
    all.add(each.address);
    all.add_once(each.node);
    if (!shares_tags(endpoints, i)) {
      size.tags += each.tags.size();
      for (const auto& tag : each.tags) all.add_once(tag);
    }
    if (!shares_meta(endpoints, i)) {
      size.pairs += each.meta.size();
      for (const auto& [key, value] : each.meta) {
        all.add_once(key);
        all.add_once(value);
      }
    }
  }
  return size;
}

}  // namespace

packed pack(const std::vector<endpoint>& endpoints, const std::map<std::string, std::string>& values) {
  // The arrays stand one behind the other, so that each must end where the next one may begin.
  static_assert(sizeof(drcon_endpoint) % alignof(drcon_pair) == 0 && sizeof(drcon_pair) % alignof(drcon_string) == 0);
  static_assert(std::is_trivially_destructible_v<drcon_endpoint> && std::is_trivially_destructible_v<drcon_pair>);
  texts all;
  const auto size = measure(endpoints, all);
  const auto bytes = endpoints.size() * sizeof(drcon_endpoint) + (size.pairs + values.size()) * sizeof(drcon_pair) +
                     size.tags * sizeof(drcon_string) + all.size();
  if (bytes == 0) return {};
  packed made{.block = std::make_unique_for_overwrite<std::byte[]>(bytes)};
  auto* const first = reinterpret_cast<drcon_endpoint*>(made.block.get());
  auto* pair = reinterpret_cast<drcon_pair*>(first + endpoints.size());
  auto* tag = reinterpret_cast<drcon_string*>(pair + size.pairs + values.size());
  all.write_to(reinterpret_cast<char*>(tag + size.tags));
  const drcon_string* tags = tag;
  const drcon_pair* meta = pair;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto& each = endpoints[i];
    if (!shares_tags(endpoints, i)) {
      tags = tag;
      for (const auto& text : each.tags) new (tag++) drcon_string(all.write_once(text));
    }
    if (!shares_meta(endpoints, i)) {
      meta = pair;
      for (const auto& [key, value] : each.meta) new (pair++) drcon_pair{all.write_once(key), all.write_once(value)};
    }
    new (first + i) drcon_endpoint{.size = sizeof(drcon_endpoint),
                                   .port = each.port,
                                   .weight = each.weight,
                                   .priority = each.priority,
                                   .health = static_cast<drcon_health>(each.health),
                                   .reserved = 0,
                                   .id = all.write(each.id),
                                   .node = all.write_once(each.node),
                                   .address = all.write(each.address),
                                   .tags = tags,
                                   .tag_count = each.tags.size(),
                                   .meta = meta,
                                   .meta_count = each.meta.size()};
  }
  made.endpoints = first;
  made.values = pair;
  for (const auto& [key, value] : values) new (pair++) drcon_pair{c_string(key), c_string(value)};
  return made;
}

}  // namespace drcon::model
