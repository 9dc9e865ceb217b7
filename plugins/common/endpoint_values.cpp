#include "common/endpoint_values.hpp"

#include <algorithm>
#include <iterator>

namespace drcon::common {
namespace {

using templating::kind;
using templating::list_class;
using templating::map_class;
using templating::map_entry;
using templating::memory;
using templating::value;
using texts = std::map<std::string, std::string>;
using names = std::vector<std::string>;

template <typename T>
const T& as(const void* self) {
  return *static_cast<const T*>(self);
}

value text(const std::string& of) { return value(std::string_view(of)); }

const list_class names_class{.type = "[]string",
                             .size = [](const void* self) { return as<names>(self).size(); },
                             .at = [](const void* self, std::size_t i, memory&) { return text(as<names>(self)[i]); },
                             .any = false};

const map_class tagged_class{
    .type = "map[string]bool",
    .key = kind::text,
    .absent = kind::nil,
    .size = [](const void* self) { return as<names>(self).size(); },
    .find =
        [](const void* self, const value& key, memory&) {
          const auto& all = as<names>(self);
          return std::ranges::find(all, key.text()) == all.end() ? value() : value(true);
        },
    .at = [](const void* self, std::size_t i,
             memory&) { return map_entry{.key = text(as<names>(self)[i]), .held = value(true)}; },
    .any = false};

const map_class texts_class{.type = "map[string]string",
                            .key = kind::text,
                            .absent = kind::text,
                            .size = [](const void* self) { return as<texts>(self).size(); },
                            .find =
                                [](const void* self, const value& key, memory&) {
                                  const auto found = as<texts>(self).find(std::string(key.text()));
                                  return found == as<texts>(self).end() ? value() : text(found->second);
                                },
                            .at =
                                [](const void* self, std::size_t i, memory&) {
                                  const auto found = std::next(as<texts>(self).begin(), static_cast<std::ptrdiff_t>(i));
                                  return map_entry{.key = text(found->first), .held = text(found->second)};
                                },
                            .any = false};

struct pair {
  const texts::value_type* of;
};

value key_of(const void* self, memory&) { return text(as<pair>(self).of->first); }
value held_of(const void* self, memory&) { return text(as<pair>(self).of->second); }
value name_of(const void* self, memory&) {
  const std::string_view key = as<pair>(self).of->first;
  return value(key.substr(key.rfind('/') + 1));
}

const templating::field pair_fields[] = {{.name = "key", .get = key_of}, {.name = "value", .get = held_of}};
constexpr templating::object_class pair_class{.type = "pair", .fields = pair_fields};
const templating::field setting_fields[] = {
    {.name = "key", .get = key_of}, {.name = "name", .get = name_of}, {.name = "value", .get = held_of}};
constexpr templating::object_class setting_class{.type = "setting", .fields = setting_fields};

template <const templating::object_class& Class>
value listed(const texts& of, memory& scratch) {
  auto* all = room_for<pair>(of.size(), scratch);
  std::size_t count = 0;
  for (const auto& each : of) new (all + count++) pair{&each};
  return list_of<pair, Class>(all, count, scratch);
}

}  // namespace

value tags_of(const endpoint& of) { return {&of.tags, names_class}; }
value tagged_of(const endpoint& of) { return {&of.tags, tagged_class}; }
value texts_of(const texts& of) { return {&of, texts_class}; }

value setting_of(const texts::value_type& of, memory& scratch) { return {scratch.make<pair>(&of), setting_class}; }
value pairs_of(const texts& of, memory& scratch) { return listed<pair_class>(of, scratch); }
value settings_of(const texts& of, memory& scratch) { return listed<setting_class>(of, scratch); }

}  // namespace drcon::common
