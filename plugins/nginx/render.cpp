#include "nginx/render.hpp"

#include "common/address.hpp"
#include "common/digest.hpp"
#include "common/lower.hpp"
#include "nginx/user_template.hpp"

#include <algorithm>
#include <sstream>

namespace drcon::nginx {
namespace {

std::string text_of(const boost::asio::ip::tcp::endpoint& found) {
  return common::with_port(found.address().to_string(), found.port());
}

}  // namespace

rendered_servers servers_of(const upstream& each, const last_servers& last, const layout& form) {
  if (!each.servers.empty()) return {each.servers, {}};
  const auto known = last.find(each.name);
  if (form.empty == empty_policy::keep && known != last.end())
    return {known->second, "empty: the last servers are kept"};
  server stand_in;
  if (form.empty == empty_policy::answer_503 && form.listener) {
    stand_in.address = text_of(*form.listener);
    return {{stand_in}, "empty: answers 503"};
  }
  stand_in.address = nobody;
  stand_in.down = true;
  return {{stand_in}, "empty: no server"};
}

namespace {

bool is_sticky(const layout& form) { return form.can_stick && !form.sticky.empty(); }

void render_server(std::ostream& out, const server& each, const layout& form) {
  out << "    server " << each.address;
  if (each.weight != 1) out << " weight=" << each.weight;
  out << form.server_options;
  // nginx has no "backup" beside these.
  if (each.backup && form.balance.find("hash") == std::string::npos && form.balance != "random") out << " backup";
  // A server without new traffic still serves the sessions that are bound to it.
  if (each.down) out << (is_sticky(form) && each.address != nobody ? " drain" : " down");
  out << ";\n";
}

void render_upstream(std::ostream& out, const upstream& each, const last_servers& last, const layout& form) {
  const auto [servers, note] = servers_of(each, last, form);
  out << "upstream " << each.name << " {\n";
  if (!note.empty()) out << "    # " << note << "\n";
  if (!form.balance.empty()) out << "    " << form.balance << ";\n";
  if (is_sticky(form)) out << "    " << form.sticky << ";\n";  // nginx wants it behind the method, before keepalive
  for (const auto& one : servers) render_server(out, one, form);
  out << render_keepalive(form) << "}\n";
}

// nginx looks up a name of up to this length in a hash whose buckets have 64 bytes, as they have by default.
constexpr std::size_t longest_hashed_name = 46;

// A name as a key of a map. A longer one is compared, since nginx would refuse the whole map for it.
std::string key_of(const std::string& name) {
  for (const auto* parameter : {"default", "hostnames", "include", "volatile"})
    if (name == parameter) return "\\" + name;
  if (name.size() <= longest_hashed_name) return name;
  std::string pattern;
  for (const auto each : name) pattern += each == '.' ? std::string("[.]") : std::string(1, each);
  return "\"~*^" + pattern + "$\"";
}

// Only a service's own name chooses an upstream. The variable may come from a request, and nginx would pass that to
// whatever address it names.
void render_variable(std::ostream& out, const std::vector<upstream>& upstreams) {
  std::string none(upstream_for_all);
  while (std::ranges::any_of(upstreams, [&](const upstream& each) { return common::lower(each.name) == none; }))
    none += '_';
  out << "upstream " << none << " {\n    server " << nobody << " down;\n}\n"
      << "map $drcon_service $drcon_upstream {\n    default " << none << ";\n";
  for (const auto& each : upstreams) out << "    " << key_of(each.name) << ' ' << each.name << ";\n";
  out << "}\n";
}

std::string render_with_template(const std::vector<upstream>& upstreams, const last_servers& last, const layout& form) {
  std::vector<templated_service> services;
  services.reserve(upstreams.size());
  for (const auto& each : upstreams) services.push_back({.of = &each, .servers = servers_of(each, last, form).servers});
  auto text = render_template(form.user_template, form.sink, services);
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

}  // namespace

std::string render_heading(const layout& form) {
  return "# Written by drcon for sink '" + form.sink + "'. Do not edit: the next change replaces it.\n";
}

std::string render_keepalive(const layout& form) {
  if (form.keepalive == 0 && !form.keeps_by_default) return {};
  return "    keepalive " + std::to_string(form.keepalive) + ";\n";
}

bool keeps_none(const std::string& file) { return file.find("    keepalive 0;\n") != std::string::npos; }

std::string render_listener(const layout& form, const std::string& generation) {
  if (!form.listener) return {};
  return "\n" + std::string(listener_heading) + "; 503 is for empty upstreams.\nserver {\n    listen " +
         text_of(*form.listener) + ";\n    access_log off;\n    location = " + std::string(generation_path) +
         " { default_type text/plain; return 200 \"" + generation + "\"; }\n    location / { return 503; }\n}\n";
}

rendered render(const std::vector<upstream>& upstreams, const last_servers& last, const layout& form) {
  std::ostringstream out;
  out << render_heading(form);
  if (form.user_template.empty()) {
    for (const auto& each : upstreams) render_upstream(out, each, last, form);
    if (form.by_variable) render_variable(out, upstreams);
  } else {
    last_servers known;
    for (const auto& each : upstreams) {
      const auto found = last.find(each.name);
      if (!each.servers.empty()) known[each.name] = each.servers;
      else if (found != last.end()) known[each.name] = found->second;
    }
    out << to_comment(known) << render_with_template(upstreams, last, form);
  }
  auto bytes = out.str();
  const auto generation = common::digest(bytes);
  bytes += render_listener(form, generation);
  return {std::move(bytes), generation};
}

}  // namespace drcon::nginx
