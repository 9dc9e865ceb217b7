// A setting as Consul Template's functions have it.
//
// Thread rule: a value; its texts belong to whoever made it.
#pragma once

#include "common/templating/value.hpp"

#include <string_view>

namespace drcon::templating {

struct key_pair {
  std::string_view path;  // whole
  std::string_view key;   // behind the prefix that was asked for
  std::string_view held;
};

extern const object_class key_pair_class;  // fields Path, Key, Value
extern const list_class key_pairs_class;   // of a list_span of such objects

}  // namespace drcon::templating
