#include "nginx/live_include.hpp"

#include "common/digest.hpp"
#include "nginx/live_channel.hpp"

#include <algorithm>
#include <sstream>

namespace drcon::nginx {
namespace {

constexpr std::string_view shape_start = "# Mode \"live\", shape ";
// As large as the dict may be: nginx takes memory for a body only as it comes.
constexpr std::string_view largest_body = "64m";

std::string render_module(const live_layout& live) {
  std::ostringstream out;
  // Without the module, nginx serves with the servers of this file. With a syntax that it knows not it would not start.
  out << "lua_shared_dict drcon_live " << live.dict_bytes << ";\n"
      << "init_by_lua_block {\n"
      << "    local module, why = loadfile(\"" << live.module << "\")\n"
      << "    local drcon = module and module()\n"
      << "    if drcon then\n"
      << "        module, why = drcon.init { protocol = " << live_protocol << R"(, dict = "drcon_live", file = ")"
      << live.peers << "\",\n"
      << "            socket = \"" << live.socket << "\", balance = \"" << live.method
      << "\", max_fails = " << live.max_fails << ",\n"
      << "            fail_timeout = " << live.fail_timeout.count() << ", slow_start = " << live.slow_start.count()
      << " }\n"
      << "    end\n"
      << "    if module then package.loaded.drcon = drcon else ngx.log(ngx.ERR, \"drcon: \", why) end\n"
      << "}\n"
      << "init_worker_by_lua_block { local drcon = package.loaded.drcon if drcon then drcon.worker() end }\n"
      << "log_by_lua_block { local drcon = package.loaded.drcon if drcon then drcon.finished() end }\n";
  if (!live.hash_key.empty()) out << "map $remote_addr $drcon_hash_key { default \"" << live.hash_key << "\"; }\n";
  out << "server {\n    listen unix:" << live.socket << ";\n    access_log off;\n    allow all;\n"
      << "    client_max_body_size " << largest_body << ";\n    client_body_buffer_size " << largest_body << ";\n"
      << "    client_body_timeout 5s;\n    location / {\n        content_by_lua_block {\n"
      << "            local drcon = package.loaded.drcon\n            if drcon then return drcon.serve() end\n"
      << "            ngx.status = 503\n"
      << "            ngx.say(\"nginx could not load drcon.lua; its error log says why\")\n        }\n    }\n}\n";
  return out.str();
}

// A backup is left out: with a balancer of its own an upstream knows none.
std::vector<server> lines_of(const std::vector<server>& servers) {
  std::vector<server> lines;
  std::ranges::copy_if(servers, std::back_inserter(lines), [](const server& each) { return !each.backup; });
  if (lines.empty()) lines.push_back({.address = std::string(nobody), .weight = 1, .backup = false, .down = true});
  return lines;
}

void render_upstream(std::ostream& out, const std::string& name, const std::string& which,
                     const std::vector<server>& servers, const layout& form, const live_layout& live) {
  out << "upstream " << name << " {\n";
  for (const auto& each : servers) {
    out << "    server " << each.address;
    if (each.weight != 1) out << " weight=" << each.weight;
    out << form.server_options << (each.down ? " down" : "") << ";\n";
  }
  out << "    balancer_by_lua_block { local drcon = package.loaded.drcon if drcon then drcon.balance(" << which << ", "
      << (live.hash_key.empty() ? "nil" : "ngx.var.drcon_hash_key") << ", "
      << std::ranges::count(servers, false, &server::down) << ") end }\n";
  out << render_keepalive(form) << "}\n";
}

std::string render_upstreams(const std::vector<upstream>& all, const last_servers* last, const layout& form,
                             const live_layout& live) {
  std::ostringstream out;
  if (form.by_variable) {
    // Not from $drcon_service: nginx does not know it before a server block of the user's has it.
    out << "map $uri $drcon_upstream { default " << upstream_for_all << "; }\n";
    render_upstream(out, std::string(upstream_for_all), "ngx.var.drcon_service", lines_of({}), form, live);
    return out.str();
  }
  for (const auto& each : all)
    render_upstream(out, each.name, "\"" + each.name + "\"",
                    last == nullptr ? std::vector<server>() : lines_of(servers_of(each, *last, form).servers), form,
                    live);
  return out.str();
}

std::string second_line(const std::string& shape, const std::string& content) {
  return std::string(shape_start) + shape + ", content " + common::digest(content) +
         ": drcon sends the servers; those below serve only while nginx has none.\n";
}

rendered whole(const std::string& shape, const std::string& content, const layout& form) {
  auto bytes = render_heading(form) + second_line(shape, content) + content;
  auto generation = common::digest(bytes);
  bytes += render_listener(form, generation);
  return {.bytes = std::move(bytes), .generation = std::move(generation)};
}

}  // namespace

bool is_include(const std::string& file) { return file.find(shape_start) != std::string::npos; }

rendered render_include(const std::vector<upstream>& all, const last_servers& last, const layout& form,
                        const live_layout& live, const std::string& file) {
  const auto module = render_module(live);
  const auto shape = common::digest(module + render_upstreams(all, nullptr, form, live));
  const auto content_start = file.find('\n', file.find(std::string(shape_start) + shape));
  if (content_start != std::string::npos && is_include(file)) {
    const auto listener = file.find("\n" + std::string(listener_heading));
    const auto end = listener == std::string::npos ? file.size() : listener;
    auto same = whole(shape, file.substr(content_start + 1, end - content_start - 1), form);
    if (same.bytes == file) return same;
  }
  return whole(shape, module + render_upstreams(all, &last, form, live), form);
}

}  // namespace drcon::nginx
