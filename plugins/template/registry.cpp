#include "template/registry.hpp"

#include "common/nearest.hpp"
#include "common/templating/fault.hpp"
#include "common/templating/format/quote.hpp"
#include "template/absent.hpp"

#include <algorithm>

namespace drcon::templates {

registry::registry(const std::vector<service>& services, language in, const absence& of_services)
    : overseer(count_of(services)), services_(services), in_(in), of_services_(of_services) {}

const service* registry::find_service(std::string_view name) const {
  if (by_name_.empty())
    for (const auto& each : services_)
      if (each.values.empty()) by_name_.emplace(each.name, &each);
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  if (of_services_.is_empty || (of_services_.once != nullptr && of_services_.once->contains(std::string(name))))
    return nullptr;
  std::vector<std::string_view> known;
  for (const auto& [each, of] : by_name_) known.push_back(each);
  std::ranges::sort(known);
  throw templating::failure(no_service(name, common::nearest(name, known)));
}

const registry::setting& registry::need_key(std::string_view path, const std::string& otherwise) const {
  if (const auto found = keys().find(path); found != keys().end()) return found->second;
  std::vector<std::string_view> paths;
  for (const auto& [each, of] : keys()) paths.push_back(each);
  throw templating::failure(no_key(path, common::nearest(path, paths), otherwise));
}

const std::map<std::string_view, registry::setting>& registry::keys() const {
  if (!knows_keys_)
    for (const auto& each : services_) {
      auto next = each.values.empty() ? 0 : first_setting_of(each);
      for (const auto& [path, held] : each.values) {
        keys_[path] = {.held = held, .owner = &each, .asked = next, .listed = next + 1};
        next += 2;
      }
    }
  knows_keys_ = true;
  return keys_;
}

std::string registry::unfit(std::string_view of) const { return unwritable_as_it_is(of, in_).value_or(""); }

std::string registry::unfit_setting(std::string_view held) const {
  if (in_ != language::none) return unfit(held);
  std::string line(held);
  std::erase_if(line, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
  return unfit(line);
}

templating::value registry::text(std::string_view of, const char* what, const service& owner,
                                 const endpoint* each) const {
  if (const auto why = unfit(of); !why.empty())
    note_thing(
        {.owner = &owner, .each = each, .path = {}},
        std::string("its ") + what + " holds " + why + ", which cannot be written in this file's language as it is");
  return templating::value(of).with_origin(origin_of(owner, each));
}

void registry::need_no_notes() const {
  if (demanded_ > templating::most_that_all_data_asks_for)
    throw templating::failure("all data together asks for more rounds and bytes than it may");
  if (noted_.empty()) return;
  const auto& first = noted_.front();
  throw templating::failure("a text of the service " + templating::go_quoted(first.owner->name) +
                            " was refused before: " + first.why);
}

void registry::judge_all() const {
  for (const auto& each : services_) {
    text(each.name, "name", each, nullptr);
    for (const auto& one : each.endpoints) {
      for (const auto* part : {&one.id, &one.node, &one.address}) text(*part, "id, node or address", each, &one);
      for (const auto& tag : one.tags) text(tag, "tag", each, &one);
      for (const auto& [key, held] : one.meta) {
        text(key, "meta key", each, &one);
        if (key == "checks") judge_checks(held, each, one);
        else text(held, "meta value", each, &one);
      }
    }
  }
}

}  // namespace drcon::templates
