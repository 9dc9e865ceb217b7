// What templates of every sink can say of an endpoint besides its address, as views of the endpoint itself.
//
// Thread rule: as for templating::value; the endpoint must outlive the rendering.
#pragma once

#include "common/templating/memory.hpp"

#include <drcon/model.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <utility>

namespace drcon::common {

/// A list of texts.
templating::value tags_of(const endpoint& of);
/// `NAME` is true for each tag that it carries; no other name is there.
templating::value tagged_of(const endpoint& of);
/// A map of text to text.
templating::value texts_of(const std::map<std::string, std::string>& of);
/// A list of `key` and `value`, in order of the key.
templating::value pairs_of(const std::map<std::string, std::string>& of, templating::memory& scratch);
/// The same with `name`, what is behind the last slash of the key.
templating::value settings_of(const std::map<std::string, std::string>& of, templating::memory& scratch);

/// One of them.
templating::value setting_of(const std::pair<const std::string, std::string>& of, templating::memory& scratch);

/// A list of the objects that `each` points to, one behind the other in memory, all of one class.
template <typename T>
struct objects {
  const T* first = nullptr;
  std::size_t count = 0;
};

template <typename T, const templating::object_class& Class>
const templating::list_class objects_class{
    .type = "[]object",
    .size = [](const void* self) { return static_cast<const objects<T>*>(self)->count; },
    .at =
        [](const void* self, std::size_t index, templating::memory&) {
          return templating::value(static_cast<const objects<T>*>(self)->first + index, Class);
        },
    .any = false};

/// Room for `count` of them, which live as long as the rendering.
template <typename T>
T* room_for(std::size_t count, templating::memory& scratch) {
  static_assert(std::is_trivially_destructible_v<T>, "nobody destroys them");
  return static_cast<T*>(scratch.take(std::max<std::size_t>(count, 1) * sizeof(T), alignof(T)));
}

template <typename T, const templating::object_class& Class>
templating::value list_of(const T* first, std::size_t count, templating::memory& scratch) {
  return {scratch.make<objects<T>>(first, count), objects_class<T, Class>};
}

}  // namespace drcon::common
