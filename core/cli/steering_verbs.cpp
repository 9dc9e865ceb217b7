// drcon pause, resume, resync, release-brake, rollback, log, reload: the verbs that change a running drcon.
#include "cli/admin_answer.hpp"
#include "cli/operator_verbs.hpp"
#include "cli/terminal_text.hpp"

#include <iostream>

namespace drcon::cli {
namespace {

int steer(const arguments& options, const char* what, const std::map<std::string, std::string>& query = {}) {
  return guarded(options, [&] {
    const auto got = admin_client(options).ask("POST", target_of({"v1", "pipelines", options.pipeline, what}, query));
    if (!is_answer(got, options)) return exit_runtime;
    if (options.json) print_json(got.body);
    else std::cout << printable(got.body["done"]) << "\n";
    return exit_ok;
  });
}

}  // namespace

int pause(const arguments& options) {
  std::map<std::string, std::string> query;
  if (!options.why.empty()) query["why"] = options.why;
  return steer(options, "pause", query);
}
int resume(const arguments& options) { return steer(options, "resume"); }
int resync(const arguments& options) { return steer(options, "resync"); }
int release_brake(const arguments& options) {
  std::map<std::string, std::string> query;
  if (!options.service.empty()) query["service"] = options.service;
  return steer(options, "release-brake", query);
}

int rollback(const arguments& options) {
  if (options.revision != 0) return steer(options, "rollback", {{"revision", std::to_string(options.revision)}});
  return guarded(options, [&] {
    const auto got = admin_client(options).ask("GET", target_of({"v1", "pipelines", options.pipeline}));
    if (!is_answer(got, options)) return exit_runtime;
    if (options.json) print_json(got.body["history"]);
    else std::cout << format_history(got.body);
    return exit_ok;
  });
}

int log_levels(const arguments& options) {
  return guarded(options, [&] {
    std::map<std::string, std::string> query;
    if (!options.level.empty()) query["level"] = options.level;
    if (!options.plugin.empty()) query["plugin"] = options.plugin;
    const auto got = admin_client(options).ask(query.empty() ? "GET" : "POST", target_of({"v1", "log"}, query));
    if (!is_answer(got, options)) return exit_runtime;
    if (options.json) print_json(got.body);
    else std::cout << format_levels(got.body);
    return exit_ok;
  });
}

int reload(const arguments& options) {
  return guarded(options, [&]() -> int {
    const auto got = admin_client(options).ask("POST", "/v1/reload");
    const bool has_findings = got.body.is_object() && got.body.contains("findings");
    if (!options.json && has_findings)
      for (const auto& each : got.body["findings"]) std::cerr << printable(each) << "\n";
    if (!is_answer(got, options)) return got.status == 422 ? exit_config : exit_runtime;
    if (options.json) print_json(got.body);
    else std::cout << printable(got.body["done"]) << "\n";
    return exit_ok;
  });
}

}  // namespace drcon::cli
