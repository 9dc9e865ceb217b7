#include "nginx/user_template.hpp"

#include "common/endpoint_values.hpp"
#include "common/mustache_scope.hpp"
#include "common/nginx_grammar.hpp"
#include "common/templating/mustache/template.hpp"

#include <stdexcept>
#include <variant>

namespace drcon::nginx {
namespace {

using templating::field;
using templating::memory;
using templating::object_class;
using templating::value;
namespace mustache = templating::mustache;

template <typename T>
const T& as(const void* self) {
  return *static_cast<const T*>(self);
}

value number(std::uint64_t of) { return value::integer(static_cast<std::int64_t>(of)); }
value text(const std::string& of) { return value(std::string_view(of)); }
const endpoint& origin_of(const void* self) { return as<server>(self).origin; }

// Address and port are those of the server line: a kept server and a stand-in have nothing else.
std::string_view host_of(const server& each) {
  return std::string_view(each.address).substr(0, each.address.rfind(':'));
}

const field server_fields[] = {
    {.name = "server", .get = [](const void* self, memory&) { return text(as<server>(self).address); }},
    {.name = "address",
     .get =
         [](const void* self, memory&) {
           const auto host = host_of(as<server>(self));
           return value(host.starts_with('[') ? host.substr(1, host.size() - 2) : host);
         }},
    {.name = "host", .get = [](const void* self, memory&) { return value(host_of(as<server>(self))); }},
    {.name = "port",
     .get =
         [](const void* self, memory&) {
           const std::string_view address = as<server>(self).address;
           return value(address.substr(address.rfind(':') + 1));
         }},
    {.name = "id", .get = [](const void* self, memory&) { return text(origin_of(self).id); }},
    {.name = "node", .get = [](const void* self, memory&) { return text(origin_of(self).node); }},
    {.name = "health", .get = [](const void* self, memory&) { return value(to_string(origin_of(self).health)); }},
    {.name = "tags", .get = [](const void* self, memory&) { return common::tags_of(origin_of(self)); }},
    {.name = "meta", .get = [](const void* self, memory&) { return common::texts_of(origin_of(self).meta); }},
    {.name = "meta_list",
     .get = [](const void* self, memory& scratch) { return common::pairs_of(origin_of(self).meta, scratch); }},
    {.name = "weight", .get = [](const void* self, memory&) { return number(as<server>(self).weight); }},
    {.name = "backup", .get = [](const void* self, memory&) { return value(as<server>(self).backup); }},
    {.name = "down", .get = [](const void* self, memory&) { return value(as<server>(self).down); }},
};
constexpr object_class server_class{.type = "server", .fields = server_fields};

const field service_fields[] = {
    {.name = "name", .get = [](const void* self, memory&) { return text(as<templated_service>(self).of->name); }},
    {.name = "endpoints",
     .get =
         [](const void* self, memory& scratch) {
           const auto& all = as<templated_service>(self).servers;
           return common::list_of<server, server_class>(all.data(), all.size(), scratch);
         }},
    {.name = "count",
     .get = [](const void* self, memory&) { return number(as<templated_service>(self).of->servers.size()); }},
    {.name = "empty",
     .get = [](const void* self, memory&) { return value(as<templated_service>(self).of->servers.empty()); }},
};
constexpr object_class service_class{.type = "service", .fields = service_fields};

struct subject {
  const std::string& sink;
  const std::vector<templated_service>& services;
};

const field root_fields[] = {
    {.name = "sink", .get = [](const void* self, memory&) { return text(as<subject>(self).sink); }},
    {.name = "services",
     .get =
         [](const void* self, memory& scratch) {
           const auto& all = as<subject>(self).services;
           return common::list_of<templated_service, service_class>(all.data(), all.size(), scratch);
         }},
    {.name = "service_count",
     .get = [](const void* self, memory&) { return number(as<subject>(self).services.size()); }},
};
constexpr object_class root_class{.type = "snapshot", .fields = root_fields};

// The same names, for who judges a template before there is any data.
using common::mustache_kind;
using common::mustache_name;
using common::mustache_scope;
constexpr auto flag = mustache_kind::flag;
constexpr auto scope = mustache_kind::scope;
constexpr mustache_name any_text{.name = "", .kind = mustache_kind::text};
constexpr mustache_scope texts_by_name{.what = "a map", .names = {}, .any = &any_text};
constexpr mustache_name pair_names[] = {{"key"}, {"value"}, {"first", flag}, {"last", flag}, {"index"}};
constexpr mustache_scope pair_scope{.what = "a metadata value", .names = pair_names};
constexpr mustache_name server_names[] = {{"server"},
                                          {"address"},
                                          {"host"},
                                          {"port"},
                                          {"id"},
                                          {"node"},
                                          {"health"},
                                          {"tags", scope},
                                          {"meta", scope, &texts_by_name},
                                          {"meta_list", scope, &pair_scope},
                                          {"weight"},
                                          {"backup", flag},
                                          {"down", flag},
                                          {"first", flag},
                                          {"last", flag},
                                          {"index"}};
constexpr mustache_scope server_scope{.what = "an endpoint", .names = server_names};
constexpr mustache_name service_names[] = {
    {"name"}, {"endpoints", scope, &server_scope}, {"count"}, {"empty", flag}, {"first", flag}, {"last", flag},
    {"index"}};
constexpr mustache_scope service_scope{.what = "a service", .names = service_names};
constexpr mustache_name root_names[] = {{"sink"}, {"services", scope, &service_scope}, {"service_count"}};
constexpr mustache_scope root_scope{.what = "the whole", .names = root_names};

auto read(const std::string& text) {
  return mustache::text_template::read("template", text, mustache::rules::as_before);
}

std::string report(const templating::fault& wrong) {
  return std::to_string(wrong.where.line) + ":" + std::to_string(wrong.where.column) + ": " + wrong.text;
}

}  // namespace

std::optional<std::string> template_fault(const std::string& text) {
  const auto parsed = read(text);
  if (const auto* wrong = std::get_if<templating::fault>(&parsed)) return report(*wrong);
  const auto wrong = common::senseless(std::get<mustache::text_template>(parsed), root_scope);
  return wrong ? std::optional(report(*wrong)) : std::nullopt;
}

std::set<std::string, std::less<>> template_names(const std::string& text) {
  std::set<std::string, std::less<>> result;
  const auto parsed = read(text);
  if (const auto* form = std::get_if<mustache::text_template>(&parsed))
    for (const auto& each : form->mentions()) result.insert(each.path.begin(), each.path.end());
  return result;
}

std::string render_template(const std::string& text, const std::string& sink,
                            const std::vector<templated_service>& services) {
  const auto parsed = read(text);
  if (const auto* wrong = std::get_if<templating::fault>(&parsed))
    throw std::runtime_error("the template is wrong at " + report(*wrong));
  // What comes from the registry has no hazard left by now; quotes only keep a space from splitting an argument.
  const auto with = [](std::string_view word, std::string& output) { output += common::nginx::argument(word); };
  const subject all{.sink = sink, .services = services};
  std::string output;
  if (const auto wrong = std::get<mustache::text_template>(parsed).render(value(&all, root_class), with, {}, output))
    throw std::runtime_error("the template cannot be rendered, at " + report(*wrong));
  return output;
}

}  // namespace drcon::nginx
