#include "nginx/render.hpp"

#include "common/address.hpp"
#include "common/digest.hpp"
#include "nginx/user_template.hpp"

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

void render_server(std::ostream& out, const server& each, const layout& form) {
  out << "    server " << each.address;
  if (each.weight != 1) out << " weight=" << each.weight;
  out << form.server_options;
  // nginx has no "backup" beside these.
  if (each.backup && form.balance.find("hash") == std::string::npos && form.balance != "random") out << " backup";
  if (each.down) out << " down";
  out << ";\n";
}

void render_upstream(std::ostream& out, const upstream& each, const last_servers& last, const layout& form) {
  const auto [servers, note] = servers_of(each, last, form);
  out << "upstream " << each.name << " {\n";
  if (!note.empty()) out << "    # " << note << "\n";
  if (!form.balance.empty()) out << "    " << form.balance << ";\n";
  for (const auto& one : servers) render_server(out, one, form);
  if (form.keepalive > 0) out << "    keepalive " << form.keepalive << ";\n";
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

std::string render_variable(const layout& form, std::string_view source, std::string_view value) {
  if (!form.by_variable) return {};
  return "map " + std::string(source) + " $drcon_upstream { default " + std::string(value) + "; }\n";
}

std::string render_heading(const layout& form) {
  return "# Written by drcon for sink '" + form.sink + "'. Do not edit: the next change replaces it.\n";
}

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
    out << render_variable(form, "$drcon_service", "$drcon_service");
    for (const auto& each : upstreams) render_upstream(out, each, last, form);
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
