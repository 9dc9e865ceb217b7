// What a template is rendered for, one file each: a service, a setting or a tag.
//
// Pure functions.
#pragma once

#include <drcon/model.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drcon::templates {

enum class item_kind { none, service, key, tag };

/// "service" -> item_kind::service; none for an empty word.
item_kind item_kind_of(std::string_view word);

struct item {
  item_kind kind = item_kind::none;
  std::string name;             ///< for the file: of a setting, what is behind the last slash of its path
  const service* of = nullptr;  ///< of a service
  const std::pair<const std::string, std::string>* setting = nullptr;
  std::vector<const service*> carriers;  ///< of a tag: those of which an endpoint in service carries it
};

/// How many a template is rendered for at most: each is a file that is read at each change and looked at each second,
/// and whoever may register one service could otherwise have any number made.
inline constexpr std::size_t most_items = 10'000;

/// Of too many, those that have a file already go first. Of two settings with one name, that one which the file is for
/// already: whoever may write a setting could otherwise take the file of another one.
struct item_bound {
  std::size_t most = most_items;
  std::function<bool(const std::string& name)> has_file = [](const std::string&) { return false; };
  std::function<bool(const std::string& name, const std::string& setting)> is_of = [](auto&&...) { return false; };
};

/// Called with the name of each that cannot have a file, and the reason.
using item_refusal = std::function<void(const std::string& name, const std::string& why)>;

/// All of that kind, in order of their names, each name once. They point into the services. Names come from the
/// registry: one that is no plain file name, so that it could leave the directory or hide in it, is left out. Those
/// that are too many are reported once, with their number.
std::vector<item> items_of(item_kind kind, const std::vector<service>& all, const item_refusal& refused,
                           const item_bound& bound = {});

/// Where `{{name}}` stands in the path, the name.
std::string path_for(std::string_view path, std::string_view name);

inline constexpr std::string_view name_mark = "{{name}}";

}  // namespace drcon::templates
