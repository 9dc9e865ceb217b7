#include "template/requests.hpp"

#include "template/absent.hpp"
#include "template/service_query.hpp"

#include <optional>
#include <string_view>

namespace drcon::templates {
namespace {

using templating::kind;
using mention = templating::go::mention;

std::optional<std::string> service_in(const mention& call) {
  std::vector<std::string_view> words;
  for (const auto& each : call.arguments) {
    if (!each.is(kind::text)) return {};
    words.push_back(each.text());
  }
  if (words.empty() || words[0].empty()) return {};
  return read_service_query(words).name;
}

// As the functions read it: without a datacenter, and without a slash in front.
std::optional<std::string> path_in(const mention& call) {
  if (call.arguments.empty() || !call.arguments[0].is(kind::text)) return {};
  auto path = read_place_query(call.arguments[0].text(), call.function).name;
  if (path.starts_with('/')) path.erase(0, 1);
  if (path.empty()) return {};
  return path;
}

std::optional<request> service_asked(const mention& call) {
  auto name = service_in(call);
  if (!name) return {};
  auto why = no_service(*name);
  return request{.what = asked::service, .name = *std::move(name), .is_needed = true, .why = std::move(why)};
}

std::optional<request> key_asked(const mention& call, bool is_needed) {
  auto path = path_in(call);
  if (!path) return {};
  auto why = is_needed ? no_key(*path, {}, "keyOrDefault") : unwatched_key(*path, call.function);
  return request{.what = asked::key, .name = *std::move(path), .is_needed = is_needed, .why = std::move(why)};
}

std::optional<request> keys_asked(const mention& call, bool is_needed) {
  auto prefix = path_in(call);
  if (!prefix) return {};
  auto why = is_needed ? no_keys_below(*prefix) : unwatched_keys_below(*prefix, call.function);
  return request{.what = asked::keys_below, .name = *std::move(prefix), .is_needed = is_needed, .why = std::move(why)};
}

std::optional<request> request_of(const mention& call) try {
  const auto& name = call.function;
  if (name == "service") return service_asked(call);
  if (name == "key") return key_asked(call, true);
  if (name == "keyExists" || name == "keyExistsGet" || name == "keyOrDefault") return key_asked(call, false);
  if (name == "safeLs" || name == "safeTree") return keys_asked(call, true);
  if (name == "ls" || name == "tree") return keys_asked(call, false);
  return {};
} catch (const templating::failure&) {
  return {};  // what is wrong with the call itself was said when the template was read
}

std::string placed(const std::string& source, const templating::position& where, const std::string& why) {
  return report({.name = source, .where = where, .text = why});
}

}  // namespace

std::vector<request> requests_of(const form& of) {
  std::vector<request> all;
  for (const auto& call : of.calls()) {
    auto one = request_of(call);
    if (!one) continue;
    one->is_needed = one->is_needed && !call.is_conditional;
    one->why = placed(of.name(), call.where, one->why);
    all.push_back(*std::move(one));
  }
  for (const auto& each : of.needs())
    all.push_back(
        {.what = each.is_key ? asked::key : asked::service,
         .name = each.name,
         .is_needed = true,
         .why = placed(each.source, each.where,
                       each.is_key ? no_key(each.name, {}, form::section_for_key(each.name)) : no_service(each.name))});
  return all;
}

}  // namespace drcon::templates
