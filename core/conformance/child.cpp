#include "conformance/child.hpp"

#include "conformance/cases.hpp"
#include "conformance/slip.hpp"

#include <unistd.h>

#include <stdexcept>

namespace drcon::conformance {
namespace {

// Longer than any case takes that gets on: each call has a shorter limit of its own.
constexpr auto longest_load = std::chrono::seconds(20);

const subject& load(const std::filesystem::path& file) {
  const within limit("load", longest_load);
  return *new subject(file);  // never freed, like all that a plugin may still use
}

std::string described(const subject& plugin) {
  const auto facts = plugin.describe();
  auto kinds = nlohmann::json::array();
  for (const auto each : facts.kinds) kinds.push_back(word(each));
  return nlohmann::json{{"name", facts.name}, {"version", facts.version}, {"summary", facts.summary}, {"kinds", kinds}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// What an author who gave no options, or wrong ones, has to do.
std::string ask_for_options(const bench& at, const std::vector<std::string>& faults) {
  std::string text;
  for (const auto& each : faults) text += (text.empty() ? "" : "\n") + each;
  if (!at.given.empty()) return text;
  text += "\ngive them in a file: --options FILE.toml; required are";
  for (const auto& each : required_options(at.plugin.schema(at.kind))) text += "\n  " + each;
  return text;
}

void run(const planned_case& planned, bench at) {
  if (planned.kind) {
    at.kind = *planned.kind;
    auto given = read_options(at.plugin, at.kind, at.given, at.scratch);
    const bool is_of_schema = std::string_view(planned.what->needs) == "loads";
    const bool judges_options = std::string_view(planned.what->name) == "takes-its-options";
    if (!given.faults.empty() && (judges_options || !is_of_schema)) throw breach(ask_for_options(at, given.faults));
    at.options = std::move(given.values);
  }
  planned.what->run(at);
}

}  // namespace

void run_case(const errand& what) {
  open_slip(what.slip);
  try {
    const auto& plugin = load(what.plugin);
    const auto facts = plugin.describe();
    for (const auto& each : plan(facts.kinds)) {
      if (each.name() != what.name) continue;
      run(each, {.plugin = plugin,
                 .kind = kind::source,
                 .options = {},
                 .given = what.options,
                 .scratch = std::filesystem::current_path()});
      conclude(outcome::passed, what.name == "loads" ? described(plugin) : std::string());
    }
    conclude(outcome::failed, "there is no case '" + what.name + "' for this plugin");
  } catch (const not_tried& why) {
    conclude(outcome::skipped, why.what());
  } catch (const std::exception& seen) {
    conclude(outcome::failed, seen.what());
  }
}

}  // namespace drcon::conformance
