// drcon status, journal, explain, diff: what is, and why.
#include "cli/admin_client.hpp"
#include "cli/operator_verbs.hpp"
#include "cli/told.hpp"
#include "cli/unified_diff.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>
#include <utility>

namespace drcon::cli {
namespace {

using nlohmann::json;

// Shows an answer's body as it is, or what it was refused with.
bool is_answer(const admin_client::reply& got) {
  if (got.status == 200) return true;
  if (got.body.is_object() && got.body.contains("error")) {
    std::cerr << "drcon: " << harmless(got.body["error"]) << "\n";
    if (got.body.contains("help")) std::cerr << "  help: " << harmless(got.body["help"]) << "\n";
  } else {
    std::cerr << "drcon: refused with HTTP status " << got.status << "\n";
  }
  return false;
}

void print_json(const json& body) { std::cout << body.dump(2, ' ', false, json::error_handler_t::replace) << "\n"; }

int guarded(const std::function<int()>& what) {
  try {
    return what();
  } catch (const no_answer& error) {
    std::cerr << "drcon: " << error.what() << "\n";
    return exit_runtime;
  }
}

}  // namespace

int status(const arguments& from) {
  return guarded([&] {
    const auto got = admin_client(from).ask("GET", "/v1/status");
    if (!is_answer(got)) return exit_runtime;
    if (from.json) print_json(got.body);
    else std::cout << told_status(got.body);
    const std::string verdict = got.body["verdict"];
    return verdict == "all is well" || verdict == "settled, with caveats" ? exit_ok : exit_runtime;
  });
}

namespace {

void print_entry(const arguments& from, const json& entry) {
  if (from.json) std::cout << entry.dump(-1, ' ', false, json::error_handler_t::replace) << "\n" << std::flush;
  else std::cout << told_entry(entry) << "\n" << std::flush;
}

// The entries after a number, as they are now; the number of the last there is.
std::uint64_t print_journal(const arguments& from, admin_client& client, std::uint64_t after) {
  std::map<std::string, std::string> query{{"after", std::to_string(after)}};
  if (!from.pipeline.empty()) query["pipeline"] = from.pipeline;
  const auto got = client.ask("GET", target_of({"v1", "journal"}, query));
  if (!is_answer(got)) throw no_answer("the journal was not shown");
  for (const auto& each : got.body["entries"]) print_entry(from, each);
  return got.body["last"];
}

}  // namespace

// Events tell that there is something new; the journal tells what, so that the filter is the server's.
int journal(const arguments& from) {
  return guarded([&]() -> int {
    admin_client client(from);
    auto last = print_journal(from, client, from.after);
    for (bool told = false; from.follow;) {
      try {
        client.follow(target_of({"v1", "events"}, {{"after", std::to_string(last)}}), [&](const server_event& event) {
          if (std::exchange(told, false)) std::cerr << "drcon: answers again\n";
          if (event.name == "state") return true;
          const auto now = print_journal(from, client, last);
          last = now;
          return true;
        });
      } catch (const no_answer& error) {
        // A restart begins to count anew: all that it has is new.
        if (!std::exchange(told, true)) std::cerr << "drcon: " << error.what() << "; waiting for it\n";
        last = 0;
        std::this_thread::sleep_for(std::chrono::seconds(1));
      }
    }
    return exit_ok;
  });
}

int explain(const arguments& from) {
  return guarded([&] {
    std::map<std::string, std::string> query{{"endpoint", from.endpoint}};
    if (!from.service.empty()) query["service"] = from.service;
    const auto got = admin_client(from).ask("GET", target_of({"v1", "pipelines", from.pipeline, "explain"}, query));
    if (!is_answer(got)) return exit_runtime;
    if (from.json) print_json(got.body);
    else std::cout << told_explanation(got.body);
    const auto in_rotation = [](const json& match) { return match.at("in_rotation").get<bool>(); };
    return std::ranges::all_of(got.body["matches"], in_rotation) ? exit_ok : exit_runtime;
  });
}

namespace {

bool is_equal(const json& difference) {
  return std::ranges::all_of(difference.at("sinks"), [](const json& sink) {
    const auto equal = [](const json& target) { return target.at("equal").get<bool>(); };
    return sink.at("error") == "" && std::ranges::all_of(sink.at("targets"), equal);
  });
}

void print_difference(const json& difference) {
  for (const auto& [sink, each] : difference.at("sinks").items()) {
    if (const std::string error = each.at("error"); !error.empty())
      std::cerr << "drcon: sink " << harmless(sink) << ": " << harmless(error) << "\n";
    for (const auto& target : each.at("targets")) {
      if (target.at("equal").get<bool>()) continue;
      if (target.at("live").is_null())
        std::cout << "--- " << harmless(target.at("target")) << " (what is there is not known)\n";
      else std::cout << unified_diff(target.at("target"), target.at("live"), target.at("wanted"));
    }
  }
}

}  // namespace

int difference(const arguments& from) {
  return guarded([&]() -> int {
    admin_client client(from);
    std::vector<std::string> names{from.pipeline};
    if (from.pipeline.empty()) {
      names.clear();
      const auto all = client.ask("GET", "/v1/pipelines");
      if (!is_answer(all)) return exit_runtime;
      for (const auto& [name, each] : all.body.items()) names.push_back(name);
    }
    bool equal = true;
    auto everything = json::array();
    for (const auto& name : names) {
      const auto got = client.ask("GET", target_of({"v1", "pipelines", name, "diff"}));
      if (!is_answer(got)) return exit_runtime;
      equal &= is_equal(got.body);
      if (from.json) everything.push_back(got.body);
      else print_difference(got.body);
    }
    if (from.json) print_json(everything);
    return equal ? exit_ok : exit_runtime;
  });
}

// ---- what people do ----

namespace {

int steer(const arguments& from, const char* what, const std::map<std::string, std::string>& query = {}) {
  return guarded([&] {
    const auto got = admin_client(from).ask("POST", target_of({"v1", "pipelines", from.pipeline, what}, query));
    if (!is_answer(got)) return exit_runtime;
    if (from.json) print_json(got.body);
    else std::cout << harmless(got.body["done"]) << "\n";
    return exit_ok;
  });
}

}  // namespace

int pause(const arguments& from) {
  std::map<std::string, std::string> query;
  if (!from.why.empty()) query["why"] = from.why;
  return steer(from, "pause", query);
}
int resume(const arguments& from) { return steer(from, "resume"); }
int resync(const arguments& from) { return steer(from, "resync"); }
int release_brake(const arguments& from) { return steer(from, "release-brake"); }

int rollback(const arguments& from) {
  if (from.revision != 0) return steer(from, "rollback", {{"revision", std::to_string(from.revision)}});
  return guarded([&] {
    const auto got = admin_client(from).ask("GET", target_of({"v1", "pipelines", from.pipeline}));
    if (!is_answer(got)) return exit_runtime;
    if (from.json) print_json(got.body["history"]);
    else std::cout << told_history(got.body);
    return exit_ok;
  });
}

int log_levels(const arguments& from) {
  return guarded([&] {
    std::map<std::string, std::string> query;
    if (!from.level.empty()) query["level"] = from.level;
    if (!from.plugin.empty()) query["plugin"] = from.plugin;
    const auto got = admin_client(from).ask(query.empty() ? "GET" : "POST", target_of({"v1", "log"}, query));
    if (!is_answer(got)) return exit_runtime;
    if (from.json) print_json(got.body);
    else std::cout << told_levels(got.body);
    return exit_ok;
  });
}

int reload(const arguments& from) {
  return guarded([&]() -> int {
    const auto got = admin_client(from).ask("POST", "/v1/reload");
    if (from.json) print_json(got.body);
    if (got.body.is_object() && got.body.contains("findings"))
      for (const auto& each : got.body["findings"]) std::cerr << harmless(each) << "\n";
    if (!is_answer(got)) return got.status == 422 ? exit_config : exit_runtime;
    if (!from.json) std::cout << harmless(got.body["done"]) << "\n";
    return exit_ok;
  });
}

}  // namespace drcon::cli
