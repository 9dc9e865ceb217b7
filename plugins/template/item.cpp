#include "template/item.hpp"

#include "common/in_service.hpp"

#include <algorithm>
#include <map>

namespace drcon::templates {
namespace {

constexpr std::size_t longest_name = 200;  // a file's name has 255 bytes, of which the rest of the pattern takes some

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::vector<item> candidates(item_kind kind, const std::vector<service>& all) {
  std::vector<item> result;
  std::map<std::string_view, std::vector<const service*>> tags;
  for (const auto& each : all) {
    if (kind == item_kind::service && each.values.empty())
      result.push_back({.kind = kind, .name = each.name, .of = &each, .setting = nullptr, .carriers = {}});
    if (kind == item_kind::key)
      for (const auto& one : each.values)
        result.push_back({.kind = kind,
                          .name = one.first.substr(one.first.rfind('/') + 1),
                          .of = nullptr,
                          .setting = &one,
                          .carriers = {}});
    if (kind != item_kind::tag) continue;
    for (const auto& one : each.endpoints)
      if (common::in_service(one))
        for (const auto& tag : one.tags)
          if (auto& carriers = tags[tag]; carriers.empty() || carriers.back() != &each) carriers.push_back(&each);
  }
  for (auto& [tag, carriers] : tags)
    result.push_back(
        {.kind = kind, .name = std::string(tag), .of = nullptr, .setting = nullptr, .carriers = std::move(carriers)});
  std::ranges::stable_sort(result, {}, &item::name);
  return result;
}

void keep_at_most(const item_bound& bound, std::vector<item>& all, const item_refusal& refused) {
  if (all.size() <= bound.most) return;
  const auto has_file = [&bound](const item& each) { return bound.has_file(each.name); };
  const auto there = static_cast<std::size_t>(std::ranges::count_if(all, has_file));
  auto room_for_new = bound.most - std::min(bound.most, there);
  const auto count = all.size();
  std::string first;
  std::erase_if(all, [&](const item& each) {
    if (has_file(each)) return false;
    if (room_for_new > 0) return --room_for_new, false;
    if (first.empty()) first = each.name;
    return true;
  });
  refused(first, "there are " + std::to_string(count) + " to make a file for, and " + std::to_string(bound.most) +
                     " files are the most of one template: it and " + std::to_string(count - all.size() - 1) +
                     " others have none");
}

}  // namespace

item_kind item_kind_of(std::string_view word) {
  if (word == "service") return item_kind::service;
  if (word == "key") return item_kind::key;
  return word == "tag" ? item_kind::tag : item_kind::none;
}

std::vector<item> items_of(item_kind kind, const std::vector<service>& all, const item_refusal& refused,
                           const item_bound& bound) {
  std::vector<item> kept;
  for (auto& each : candidates(kind, all)) {
    if (!is_file_name(each.name))
      refused(each.name,
              "its name cannot be a part of a file's: letters, digits, '.', '_' and '-' can, at most 200 of "
              "them, and no '.' at the beginning");
    else if (!kept.empty() && kept.back().name == each.name) {
      const bool is_same = each.setting != nullptr && each.setting->first == kept.back().setting->first;
      if (is_same) continue;
      if (each.setting != nullptr && bound.is_of(each.name, each.setting->first)) std::swap(each, kept.back());
      refused(each.setting == nullptr ? each.name : each.setting->first, "another one has the same file already");
    } else {
      kept.push_back(std::move(each));
    }
  }
  keep_at_most(bound, kept, refused);
  return kept;
}

std::string path_for(std::string_view path, std::string_view name) {
  const auto mark = path.find(name_mark);
  if (mark == std::string_view::npos) return std::string(path);
  return std::string(path.substr(0, mark)) + std::string(name) + std::string(path.substr(mark + name_mark.size()));
}

}  // namespace drcon::templates
