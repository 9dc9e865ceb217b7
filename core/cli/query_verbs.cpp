// drcon status, journal, explain, diff: the verbs that ask and change nothing.
#include "base/count_of.hpp"
#include "base/json_text.hpp"
#include "cli/admin_answer.hpp"
#include "cli/operator_verbs.hpp"
#include "cli/terminal_text.hpp"
#include "cli/unified_diff.hpp"
#include "report/verdict.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>
#include <utility>

namespace drcon::cli {

using nlohmann::json;

int status(const arguments& options) {
  return guarded(options, [&] {
    const auto got = admin_client(options).ask("GET", "/v1/status");
    if (!is_answer(got, options)) return exit_runtime;
    if (options.json) print_json(got.body);
    else std::cout << format_status(got.body);
    // By the word for programs: the phrase for people may change. A daemon that does not send it is older than this
    // program, and nothing can be said of it.
    const auto state = got.body.value("state", std::string());
    return state == to_string(report::verdict::ok) || state == to_string(report::verdict::caveats) ? exit_ok
                                                                                                   : exit_runtime;
  });
}

namespace {

void print_entry(const arguments& options, const json& entry) {
  if (options.json) std::cout << base::json_text(entry) << "\n" << std::flush;
  else std::cout << format_entry(entry) << "\n" << std::flush;
}

// Prints the entries after a number, and returns the number of the last one that there is.
std::uint64_t print_journal(const arguments& options, admin_client& client, std::uint64_t after) {
  std::map<std::string, std::string> query{{"after", std::to_string(after)}};
  if (!options.pipeline.empty()) query["pipeline"] = options.pipeline;
  const auto got = client.ask("GET", target_of({"v1", "journal"}, query));
  if (!is_answer(got, options)) throw refused("the journal was not shown");
  for (const auto& each : got.body["entries"]) print_entry(options, each);
  return got.body["last"];
}

}  // namespace

// An event only says that there is something new. The entries are read from the journal, because the server filters it
// by pipeline and does not filter events.
int journal(const arguments& options) {
  return guarded(options, [&]() -> int {
    admin_client client(options);
    auto last = print_journal(options, client, options.after);
    for (bool reported = false; options.follow;) {
      try {
        client.follow(target_of({"v1", "events"}, {{"after", std::to_string(last)}}), [&](const server_event& event) {
          if (std::exchange(reported, false)) std::cerr << "drcon: answers again\n";
          if (event.name == "state") return true;
          const auto now = print_journal(options, client, last);
          last = now;
          return true;
        });
      } catch (const no_answer& error) {
        // After a restart drcon numbers its entries from 1 again: all of them are new.
        if (!std::exchange(reported, true)) std::cerr << "drcon: " << error.what() << "; waiting for it\n";
        last = 0;
        std::this_thread::sleep_for(std::chrono::seconds(1));
      }
    }
    return exit_ok;
  });
}

int explain(const arguments& options) {
  return guarded(options, [&] {
    std::map<std::string, std::string> query{{"endpoint", options.endpoint}};
    if (!options.service.empty()) query["service"] = options.service;
    const auto got =
        admin_client(options).ask("GET", target_of({"v1", "pipelines", options.pipeline, "explain"}, query));
    if (!is_answer(got, options)) return exit_runtime;
    if (options.json) print_json(got.body);
    else std::cout << (options.all ? format_explanation(got.body) : format_short_explanation(got.body));
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

// What is held is not desired yet, and so no difference: whoever sees none must not think that nothing is going on.
bool warns_of_hold(const std::string& name, const json& pipelines) {
  const auto found = pipelines.find(name);
  if (found == pipelines.end() || !found->at("held_loss").is_object()) return false;
  const auto removals = found->at("held_loss").at("removed").get<std::size_t>();
  std::cerr << "drcon: pipeline " << printable(name) << ": its brake holds " << base::count_of(removals, "removal")
            << (removals == 1 ? ", which is" : ", which are") << " not part of this comparison; drcon status has "
            << (removals == 1 ? "it" : "them") << "\n";
  return true;
}

void print_difference(const json& difference) {
  for (const auto& [sink, each] : difference.at("sinks").items()) {
    if (const std::string error = each.at("error"); !error.empty())
      std::cerr << "drcon: sink " << printable(sink) << ": " << printable(error) << "\n";
    for (const auto& target : each.at("targets")) {
      if (target.at("equal").get<bool>()) continue;
      if (target.at("live").is_null())
        std::cout << "--- " << printable(target.at("target")) << " (what is there is not known)\n";
      else std::cout << for_output(unified_diff(target.at("target"), target.at("live"), target.at("wanted")));
    }
  }
}

}  // namespace

int difference(const arguments& options) {
  return guarded(options, [&]() -> int {
    admin_client client(options);
    const auto all = client.ask("GET", "/v1/pipelines");
    if (!is_answer(all, options)) return exit_runtime;
    std::vector<std::string> names{options.pipeline};
    if (options.pipeline.empty()) {
      names.clear();
      for (const auto& [name, each] : all.body.items()) names.push_back(name);
    }
    bool equal = true;
    auto everything = json::array();
    for (const auto& name : names) {
      const auto got = client.ask("GET", target_of({"v1", "pipelines", name, "diff"}));
      if (!is_answer(got, options)) return exit_runtime;
      equal &= is_equal(got.body) && !warns_of_hold(name, all.body);
      if (options.json) everything.push_back(got.body);
      else print_difference(got.body);
    }
    if (options.json) print_json(everything);
    return equal ? exit_ok : exit_runtime;
  });
}

}  // namespace drcon::cli
