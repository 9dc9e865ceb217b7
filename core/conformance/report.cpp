#include "conformance/report.hpp"

#include "base/count_of.hpp"
#include "plugins/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace drcon::conformance {
namespace {

using nlohmann::json;

// Each line of `text` under a word: what a plugin said is made fit for a terminal.
std::string block(const char* label, const std::string& text) {
  std::string all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line); label = "")
    all += fmt::format("             {:<9} {}\n", label, plugins::printable(line, 400));
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

std::ptrdiff_t count(const findings& findings, verdict which) {
  return std::ranges::count(findings.results, which, &result::verdict);
}

std::string identifier_of(verdict value) {
  switch (value) {
    case verdict::passed: return "passed";
    case verdict::failed: return "failed";
    case verdict::crashed: return "crashed";
    case verdict::timed_out: return "timed_out";
    case verdict::not_run: return "not_run";
  }
  return "";
}

// A crash may have nothing to do with the promise that was tested, so that the advice for that promise could mislead.
std::string advice_on(const result& result) {
  if (result.verdict == verdict::crashed)
    return "build it with -g -fsanitize=address,undefined, or run the case in a debugger: either names the line";
  return result.planned.what->help;
}

}  // namespace

std::string line_of(const result& result) {
  auto line = fmt::format("  {:<10} {:<34}", to_string(result.verdict), result.planned.name());
  if (result.verdict == verdict::not_run) return line + " " + plugins::printable(result.seen, 300) + "\n";
  if (!result.is_breach()) return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n" + block("promised", result.planned.what->promise) +
         block("seen", result.seen) + block("do", advice_on(result)) + block("output", last_lines(result.output, 12));
}

std::string summary_of(const findings& findings) {
  std::string text =
      fmt::format("{}: {} passed", base::count_of(findings.results.size(), "case"), count(findings, verdict::passed));
  for (const auto each : {verdict::failed, verdict::crashed, verdict::timed_out, verdict::not_run})
    if (const auto some = count(findings, each))
      text += fmt::format(", {} {}", some, each == verdict::failed ? "failed" : to_string(each));
  return text + "\n";
}

json json_of(const request& request, const findings& findings) {
  json all{{"file", request.plugin.string()}, {"passed", !findings.has_breach()}, {"cases", json::array()}};
  if (findings.plugin) {
    all["plugin"] = {{"name", findings.plugin->name}, {"version", findings.plugin->version}, {"kinds", json::array()}};
    for (const auto each : findings.plugin->kinds) all["plugin"]["kinds"].push_back(to_string(each));
  }
  for (const auto& each : findings.results) {
    json one{{"name", each.planned.name()},
             {"verdict", identifier_of(each.verdict)},
             {"promise", each.planned.what->promise},
             {"milliseconds", each.took.count()}};
    if (!each.seen.empty()) one["seen"] = each.seen;
    if (each.is_breach()) one["help"] = advice_on(each);
    if (each.is_breach() && !each.output.empty()) one["output"] = each.output;
    all["cases"].push_back(std::move(one));
  }
  return all;
}

}  // namespace drcon::conformance
