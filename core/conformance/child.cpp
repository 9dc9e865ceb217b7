#include "conformance/child.hpp"

#include "conformance/case_record.hpp"
#include "conformance/cases.hpp"

#include <unistd.h>

#include <stdexcept>

namespace drcon::conformance {
namespace {

// Longer than any load takes that makes progress.
constexpr auto longest_load = std::chrono::seconds(20);

const tested_plugin& load(const std::filesystem::path& file) {
  const within limit("load", longest_load);
  return *new tested_plugin(file);  // never freed, like all that a plugin may still use
}

std::string described(const tested_plugin& plugin) {
  const auto facts = plugin.describe();
  auto kinds = nlohmann::json::array();
  for (const auto each : facts.kinds) kinds.push_back(to_string(each));
  return nlohmann::json{{"name", facts.name}, {"version", facts.version}, {"summary", facts.summary}, {"kinds", kinds}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// What an author has to do who gave no options, or wrong ones.
std::string ask_for_options(const case_context& context, const std::vector<std::string>& faults) {
  std::string text;
  for (const auto& each : faults) text += (text.empty() ? "" : "\n") + each;
  if (!context.given.empty()) return text;
  text += "\ngive them in a file: --options FILE.toml; required are";
  for (const auto& each : required_options(context.plugin().schema(context.kind))) text += "\n  " + each;
  return text;
}

}  // namespace

test_instance case_context::make_unreachable() const {
  if (unreachable.empty())
    throw not_tried(
        "no error was provoked: --unreachable FILE.toml gives options with which its peer cannot be reached");
  auto read = read_options(plugin(), kind, unreachable, scratch);
  if (!read.faults.empty()) throw breach(ask_for_options(*this, read.faults));
  return make_with(read.values);
}

namespace {

void run(const planned_case& planned, case_context context) {
  if (planned.kind) {
    context.kind = *planned.kind;
    auto given = read_options(context.plugin(), context.kind, context.given, context.scratch);
    const bool is_of_schema = std::string_view(planned.what->needs) == "loads";
    const bool judges_options = std::string_view(planned.what->name) == "takes-its-options";
    if (!given.faults.empty() && (judges_options || !is_of_schema))
      throw breach(ask_for_options(context, given.faults));
    context.options = std::move(given.values);
  }
  planned.what->run(context);
}

}  // namespace

void run_case(const case_request& what) {
  open_case_record(what.record);
  try {
    for (const auto& each : file_cases()) {
      if (each.name != what.name) continue;
      each.run({.file = what.plugin,
                .options = {},
                .given = {},
                .scratch = std::filesystem::current_path(),
                .unreachable = {}});
      conclude(outcome::passed, {});
    }
    const auto& plugin = load(what.plugin);
    const auto facts = plugin.describe();
    for (const auto& each : plan(facts.kinds)) {
      if (each.name() != what.name) continue;
      run(each, {.file = what.plugin,
                 .loaded = &plugin,
                 .kind = kind::source,
                 .options = {},
                 .given = what.options,
                 .scratch = std::filesystem::current_path(),
                 .unreachable = what.unreachable});
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
