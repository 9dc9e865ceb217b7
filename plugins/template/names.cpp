#include "template/names.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace drcon::templates {
namespace {

using common::mustache_kind;
using common::mustache_name;
using common::mustache_scope;
constexpr auto flag = mustache_kind::flag;
constexpr auto scope = mustache_kind::scope;
constexpr auto text = mustache_kind::text;

constexpr mustache_name any_text{.name = "", .kind = text};
constexpr mustache_name any_flag{.name = "", .kind = flag};
constexpr mustache_scope texts_by_name{.what = "a map", .names = {}, .any = &any_text};
constexpr mustache_scope flags_by_name{.what = "a map", .names = {}, .any = &any_flag};

constexpr mustache_name pair_names[] = {{"key"}, {"value"}, {"first", flag}, {"last", flag}, {"index"}};
constexpr mustache_scope pair_scope{.what = "a metadata value", .names = pair_names};

constexpr mustache_name setting_names[] = {{"key"}, {"name"}, {"value"}, {"first", flag}, {"last", flag}, {"index"}};
constexpr mustache_scope setting_scope{.what = "a setting", .names = setting_names};

constexpr mustache_name endpoint_names[] = {
    {"id"},
    {"node"},
    {"address"},
    {"host"},
    {"port"},
    {"server"},
    {"weight"},
    {"priority"},
    {"backup", flag},
    {"health"},
    {"passing", flag},
    {"in_service", flag},
    {"tags", scope},
    {"tagged", scope, &flags_by_name},
    {"meta", scope, &texts_by_name},
    {"meta_list", scope, &pair_scope},
    {"service_name"},
    {"first", flag},
    {"last", flag},
    {"index"},
};
constexpr mustache_scope endpoint_scope{.what = "an endpoint", .names = endpoint_names};

constexpr mustache_name tag_group_names[] = {{"tag"},         {"count"},      {"endpoints", scope, &endpoint_scope},
                                             {"first", flag}, {"last", flag}, {"index"}};
constexpr mustache_scope tag_group_scope{.what = "a tag of a service", .names = tag_group_names};
constexpr mustache_name value_group_names[] = {{"value"},       {"count"},      {"endpoints", scope, &endpoint_scope},
                                               {"first", flag}, {"last", flag}, {"index"}};
constexpr mustache_scope value_group_scope{.what = "a metadata value of a service", .names = value_group_names};
constexpr mustache_name any_value_group{.name = "", .kind = scope, .opens = &value_group_scope};
constexpr mustache_scope value_groups_by_key{.what = "a map", .names = {}, .any = &any_value_group};

// The groups of a service stand last: one of a tag has everything else.
constexpr mustache_name service_names[] = {
    {"name"},
    {"count"},
    {"empty", flag},
    {"endpoints", scope, &endpoint_scope},
    {"all_endpoints", scope, &endpoint_scope},
    {"values", scope, &setting_scope},
    {"first", flag},
    {"last", flag},
    {"index"},
    {"by_tag", scope, &tag_group_scope},
    {"by_meta", scope, &value_groups_by_key},
};
constexpr std::size_t groups_of_a_service = 2;
constexpr mustache_scope service_scope{.what = "a service", .names = service_names};
constexpr mustache_name any_service{.name = "", .kind = scope, .opens = &service_scope};
constexpr mustache_scope services_by_name{.what = "a map", .names = {}, .any = &any_service};

// Of those that carry a tag, with the endpoints that do, and without groups of their own.
constexpr auto tagged_service_names = std::span(service_names).first(std::size(service_names) - groups_of_a_service);
constexpr mustache_scope tagged_service_scope{.what = "a service of a tag", .names = tagged_service_names};
constexpr mustache_name tag_names[] = {{"tag"},         {"count"},      {"services", scope, &tagged_service_scope},
                                       {"first", flag}, {"last", flag}, {"index"}};
constexpr mustache_scope tag_scope{.what = "a tag", .names = tag_names};

constexpr mustache_name root_names[] = {
    {"sink"},
    {"revision"},
    {"service_count"},
    {"services", scope, &service_scope},
    {"services_with_endpoints", scope, &service_scope},
    {"service", scope, &services_by_name},
    {"key", scope, &texts_by_name},
    {"by_tag", scope, &tag_scope},
    {"endpoints_of_all_services", scope, &endpoint_scope},
    {"all_endpoints_of_all_services", scope, &endpoint_scope},
};

}  // namespace

const common::mustache_scope root_scope{.what = "the whole", .names = root_names};

namespace {

struct item_scope {
  explicit item_scope(const common::mustache_scope& of_item) {
    std::ranges::copy(root_names, names.begin());
    names.back() = {"item", scope, &of_item};
  }
  std::array<mustache_name, std::size(root_names) + 1> names{};
  common::mustache_scope whole{.what = "the whole", .names = names};
};

}  // namespace

const common::mustache_scope& root_scope_for(item_kind each) {
  static const item_scope of_service(service_scope);
  static const item_scope of_key(setting_scope);
  static const item_scope of_tag(tag_scope);
  switch (each) {
    case item_kind::service: return of_service.whole;
    case item_kind::key: return of_key.whole;
    case item_kind::tag: return of_tag.whole;
    case item_kind::none: break;
  }
  return root_scope;
}

}  // namespace drcon::templates
