#include "conformance/report.hpp"

#include "plugins/boundary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace drcon::conformance {
namespace {

using nlohmann::json;

// Each line of `text` under a word: what a plugin said is made fit for a terminal.
std::string block(const char* word, const std::string& text) {
  std::string all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line); word = "")
    all += fmt::format("             {:<9} {}\n", word, plugins::printable(line, 400));
  return all;
}

std::string last_lines(const std::string& text, std::size_t most) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::string all;
  for (auto i = lines.size() > most ? lines.size() - most : 0; i < lines.size(); ++i) all += lines[i] + "\n";
  return all;
}

std::ptrdiff_t count(const findings& from, verdict which) {
  return std::ranges::count(from.results, which, &result::verdict);
}

std::string word_of(verdict value) {
  switch (value) {
    case verdict::passed: return "passed";
    case verdict::failed: return "failed";
    case verdict::crashed: return "crashed";
    case verdict::timed_out: return "timed_out";
    case verdict::not_run: return "not_run";
  }
  return "";
}

}  // namespace

std::string line_of(const result& from) {
  auto line = fmt::format("  {:<10} {:<34}", to_string(from.verdict), from.planned.name());
  if (from.verdict == verdict::not_run) return line + " " + plugins::printable(from.seen, 300) + "\n";
  if (!from.is_breach()) return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n" + block("promised", from.planned.what->promise) +
         block("seen", from.seen) + block("do", from.planned.what->help) + block("output", last_lines(from.output, 12));
}

std::string summary_of(const findings& from) {
  std::string text = fmt::format("{} cases: {} passed", from.results.size(), count(from, verdict::passed));
  for (const auto each : {verdict::failed, verdict::crashed, verdict::timed_out, verdict::not_run})
    if (const auto some = count(from, each))
      text += fmt::format(", {} {}", some, each == verdict::failed ? "failed" : to_string(each));
  return text + "\n";
}

json json_of(const request& what, const findings& from) {
  json all{{"file", what.plugin.string()}, {"passed", !from.has_breach()}, {"cases", json::array()}};
  if (from.plugin) {
    all["plugin"] = {{"name", from.plugin->name}, {"version", from.plugin->version}, {"kinds", json::array()}};
    for (const auto each : from.plugin->kinds) all["plugin"]["kinds"].push_back(word(each));
  }
  for (const auto& each : from.results) {
    json one{{"name", each.planned.name()},
             {"verdict", word_of(each.verdict)},
             {"promise", each.planned.what->promise},
             {"milliseconds", each.took.count()}};
    if (!each.seen.empty()) one["seen"] = each.seen;
    if (each.is_breach()) one["help"] = each.planned.what->help;
    if (each.is_breach() && !each.output.empty()) one["output"] = each.output;
    all["cases"].push_back(std::move(one));
  }
  return all;
}

}  // namespace drcon::conformance
