#include "cli/terminal_text.hpp"

#include "base/by_whom.hpp"
#include "base/json_text.hpp"
#include "config/text.hpp"
#include "engine/journal_words.hpp"
#include "model/plugin_state.hpp"
#include "model/sink_answer.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <iterator>
#include <string_view>
#include <utility>

namespace drcon::cli {
namespace {

using nlohmann::json;

std::string text(const json& value) {
  return printable(value.is_string() ? value.get<std::string>() : base::json_text(value));
}
std::string text(const json& object, const char* key) { return text(object.at(key)); }
bool is_set(const json& object, const char* key) { return !object.at(key).get<std::string>().empty(); }

// The words for people of what JSON has as a word for programs; that word itself, of a drcon that knows more of them.
template <class Codes, class Code = std::identity>
std::string words_of(const Codes& all, const json& word, Code code = {}) {
  for (const auto& each : all)
    if (word.get_ref<const std::string&>() == to_string(std::invoke(code, each)))
      return to_words(std::invoke(code, each));
  return text(word);
}
std::string answer_of(const json& sink) { return words_of(model::all_sink_answers, sink.at("last_answer")); }
std::string plugin_state_of(const json& instance) { return words_of(model::all_plugin_states, instance.at("state")); }

// Of the pipeline, its sinks and its sources, as core/report/pipeline_state.hpp has it. A drcon that is older than this
// program does not send it.
std::string state_of(const json& pipeline) {
  if (!pipeline.contains("state")) return "-";
  const auto& state = pipeline.at("state");
  const double since = state.at("since");
  return text(state, "words") + (since > 0 ? " since " + clock_time(since) : "");
}

// What needs attention, and since when. A drcon that is older than this program sends the sentences alone.
std::string format_findings(const json& status) {
  std::string shown;
  if (!status.contains("findings")) {
    for (const char* list : {"unsettled", "caveats"})
      for (const auto& each : status.at(list)) shown += "  " + text(each) + "\n";
    return shown;
  }
  for (const auto& each : status.at("findings")) {
    const auto since = each.value("since", 0.0);
    shown += "  " + (since > 0 ? "since " + clock_time(since) + ": " : "") + text(each, "text") + "\n";
  }
  return shown;
}

// What each brake holds, and what ends it: empty if none does. Not every drcon that answers has the list.
std::string format_holds(const json& pipelines) {
  std::vector<std::vector<std::string>> rows{{"PIPELINE", "HELD SERVICE", "SERVED", "WOULD BE LEFT", "SINCE", "UNTIL"}};
  std::string commands;
  for (const auto& [name, each] : pipelines.items()) {
    const auto holds = each.value("holds", json::array());
    if (!holds.empty()) commands += (commands.empty() ? "" : ", ") + ("drcon release-brake " + printable(name));
    for (const auto& hold : holds)
      rows.push_back({printable(name), is_set(hold, "service") ? text(hold, "service") : "(the pipeline)",
                      text(hold, "before"), text(hold, "after"), clock_time(hold.at("since")),
                      clock_time(hold.at("until"))});
  }
  if (commands.empty()) return {};
  return "\n" + table(rows) +
         "A hold ends when the endpoints are back. Otherwise the removals are applied at the time under UNTIL, or now "
         "by: " +
         commands + "\n";
}

std::string short_source(const std::string& name, const json& source) {
  if (!source.at("ready").get<bool>()) return printable(name) + ": no data yet";
  return printable(name) + ": " +
         (source.at("known").get<bool>() ? plugin_state_of(source) : to_words(model::plugin_state::away));
}

std::string short_sink(const std::string& name, const json& sink) {
  const std::string answer = sink.at("last_answer");
  auto shown = printable(name) + ": ";
  if (sink.at("up_to_date").get<bool>()) return shown + "serves " + text(sink, "applied");
  const bool well = answer == "applied" || answer == "none";
  if (well) shown += sink.at("in_flight").get<bool>() ? "applying " + text(sink, "wanted") : "nothing yet";
  else shown += answer_of(sink);
  return shown + (sink.at("applied").is_null() ? "" : ", has " + text(sink, "applied"));
}

}  // namespace

std::string printable(const std::string& text) { return config::printable(text); }

std::string printable_lines(std::string_view content) {
  std::string shown;
  while (!content.empty()) {
    const auto end = content.find_first_of("\n\t");
    shown += config::printable(content.substr(0, end));
    if (end == std::string_view::npos) break;
    shown += content[end];
    content.remove_prefix(end + 1);
  }
  return shown;
}

std::string for_output(std::string content) {
  return ::isatty(STDOUT_FILENO) == 1 ? printable_lines(content) : std::move(content);
}

std::string clock_time(double seconds) {
  if (seconds <= 0) return "-";
  const auto whole = static_cast<std::time_t>(seconds);
  const auto day = [](std::time_t when) { return fmt::format("{:%Y-%m-%d}", fmt::localtime(when)); };
  // With the zone: the log has UTC, and who compares the two should not have to guess.
  const auto time = fmt::format("{:%H:%M:%S}.{:03} {:%Z}", fmt::localtime(whole),
                                static_cast<int>((seconds - std::floor(seconds)) * 1000), fmt::localtime(whole));
  return day(whole) == day(std::time(nullptr)) ? time : day(whole) + " " + time;
}

std::string length_of_time(double seconds) {
  if (seconds < 0.0995) return fmt::format("{:.1f} ms", seconds * 1000);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1000);
  const auto whole = static_cast<long>(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {} h", whole / 86400, whole % 86400 / 3600);
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  const auto width = [](const std::string& cell) {
    return static_cast<std::size_t>(std::ranges::count_if(cell, [](char c) { return (c & 0xc0) != 0x80; }));
  };
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  std::string all;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + (i + 1 < row.size() ? std::string(widths[i] + 2 - width(row[i]), ' ') : "");
    all += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return all;
}

std::string format_status(const json& status) {
  auto shown = fmt::format("drcon {}, up {}: ", text(status, "version"),
                           length_of_time(status.at("now").get<double>() - status.at("started").get<double>()));
  shown += text(status, "verdict") + "\n" + format_findings(status);
  std::vector<std::vector<std::string>> rows{{"PIPELINE", "STATE", "REVISION", "IN SERVICE", "SOURCES", "SINKS"}};
  for (const auto& [name, each] : status.at("pipelines").items()) {
    std::vector<std::string> sources;
    std::vector<std::string> sinks;
    for (const std::string source : each.at("sources"))
      sources.push_back(short_source(source, status.at("sources").at(source)));
    for (const std::string sink : each.at("sinks")) sinks.push_back(short_sink(sink, status.at("sinks").at(sink)));
    rows.push_back({printable(name), state_of(each), each.at("revision") == 0 ? "-" : text(each, "revision"),
                    text(each, "in_service") + " of " + text(each, "endpoints"),
                    fmt::format("{}", fmt::join(sources, ", ")), fmt::format("{}", fmt::join(sinks, ", "))});
  }
  return shown + "\n" + table(rows) + format_holds(status.at("pipelines"));
}

std::string format_entry(const json& entry) {
  const std::string what = entry.at("what");
  auto line = fmt::format("{} {:>5} {:<11} ", clock_time(entry.at("time")), entry.at("number").get<std::uint64_t>(),
                          words_of(engine::journal_words(), entry.at("what"), &engine::journal_word::what));
  // "source   consul": what a source reports is of no other kind.
  if (entry.at("kind") != what) line += text(entry, "kind") + " ";
  line += text(entry, "subject");
  if (entry.at("revision") != 0) line += " revision " + text(entry, "revision");
  if (what == "decided" || what == "held")
    line += fmt::format(" (+{} -{} ~{})", text(entry, "added"), text(entry, "removed"), text(entry, "changed"));
  if (is_set(entry, "why")) line += (what == "decided" ? " from " : ": ") + text(entry, "why");
  if (entry.contains("who")) line += base::by_whom(text(entry, "who"));
  if (entry.at("seconds") > 0) line += ", " + length_of_time(entry.at("seconds"));
  if (entry.contains("stages"))
    line += ", " + length_of_time(entry.at("stages").at("whole")) + " after the source reported it";
  std::string endpoints;
  for (const auto& each : entry.at("endpoints")) {
    const std::string change = each.at("change");
    endpoints += std::string(" ") +
                 (change == "added"     ? "+"
                  : change == "removed" ? "-"
                                        : "~") +
                 text(each, "service") + "/" + text(each, is_set(each, "address") ? "address" : "endpoint");
  }
  const auto listed = entry.at("endpoints").size();
  const auto total = entry.at("added").get<std::size_t>() + entry.at("removed").get<std::size_t>() +
                     entry.at("changed").get<std::size_t>();
  if (total > listed) endpoints += fmt::format(" and {} more", total - listed);
  return line + (endpoints.empty() ? "" : ":" + endpoints);
}

namespace {

std::string line_of_source(const json& finding) {
  auto line = fmt::format("  source {} ({}, {}): {}", text(finding, "source"), text(finding, "plugin"),
                          plugin_state_of(finding), text(finding, "says"));
  if (finding.contains("health"))
    line += fmt::format(", {}, weight {}", text(finding, "health"), text(finding, "weight"));
  if (finding.at("revision") != 0) line += ", at its revision " + text(finding, "revision");
  if (finding.at("told") != 0) line += ", reported " + clock_time(finding.at("told"));
  return line;
}

std::string format_source(const json& finding) {
  auto line = line_of_source(finding);
  const bool silent = finding.at("silent_since") != 0;
  if (is_set(finding, "why"))
    line += "\n    " + (silent ? "since " + clock_time(finding.at("silent_since")) + " " : "") + text(finding, "why");
  if (is_set(finding, "text") && !silent) line += "\n    " + text(finding, "text");
  return line + "\n";
}

std::string format_decision(const json& decided) {
  if (decided.at("revision") == 0) return "  decided: nothing yet\n";
  auto line = fmt::format("  decided: {} revision {}", decided.at("present").get<bool>() ? "in" : "not in",
                          text(decided, "revision"));
  if (decided.at("since_revision") != 0)
    line += fmt::format("; so since revision {}, {}, from {}", text(decided, "since_revision"),
                        decided.at("since") == 0 ? "before the restart" : clock_time(decided.at("since")),
                        text(decided, "why"));
  if (decided.at("gone_at") != 0) line += "; removed " + clock_time(decided.at("gone_at"));
  return line + "\n";
}

// What it applied has the endpoint also where the sink leaves it out: that is said first.
std::string line_of_sink(const json& finding) {
  const bool is_left_out = is_set(finding, "refused");
  const auto has = is_left_out                         ? "leaves it out: " + text(finding, "refused") + ";"
                   : finding.at("present").get<bool>() ? std::string("has it,")
                                                       : std::string("does not have it,");
  auto line = fmt::format("  sink {} ({}): {} with {}, last answer: {}", text(finding, "sink"), text(finding, "plugin"),
                          has, finding.at("applied").is_null() ? "no revision" : "revision " + text(finding, "applied"),
                          answer_of(finding));
  if (!finding.at("up_to_date").get<bool>() && !finding.at("wanted").is_null())
    line += "; desired is revision " + text(finding, "wanted");
  return line;
}

std::string format_sink(const json& finding) {
  auto line = line_of_sink(finding) + "\n";
  for (const char* key : {"why", "target_error"})
    if (is_set(finding, key)) line += "    " + text(finding, key) + "\n";
  for (const auto& target : finding.at("target")) {
    const auto name = text(target, "name");
    if (!target.at("known").get<bool>()) line += "    " + name + ": what it has now is not known\n";
    else if (target.at("lines").empty()) line += "    " + name + " does not name it now\n";
    for (const auto& each : target.at("lines")) line += "    " + name + " has now: " + text(each) + "\n";
  }
  return line;
}

}  // namespace

namespace {

std::string verdict_line(const json& match) {
  return fmt::format(
      "{} {} of service {}: {}\n", text(match, "id"),
      match.at("id") == match.at("address") || !is_set(match, "address") ? "" : "(" + text(match, "address") + ")",
      text(match, "service"), text(match, "verdict"));
}

// Of an entry that names many endpoints, only this one.
std::string brief_entry(const json& entry, const json& match) {
  auto brief = entry;
  std::erase_if(brief["endpoints"].get_ref<json::array_t&>(),
                [&](const json& one) { return one.at("endpoint") != match.at("id"); });
  return "    " + format_entry(brief) + "\n";
}

std::string that_there_are_more(const json& explanation) {
  return explanation.value("more", false) ? "and more; name an id, or --service\n" : "";
}

}  // namespace

std::string format_short_explanation(const json& explanation) {
  constexpr std::size_t newest = 3;
  const auto& matches = explanation.at("matches");
  std::string shown;
  for (const auto& match : matches) shown += verdict_line(match);
  if (matches.size() != 1)
    return shown + that_there_are_more(explanation) +
           fmt::format(
               "{} endpoints match; drcon explain {} ID, with --service where several services have it, shows "
               "one; --all shows each in full\n",
               matches.size(), text(explanation, "pipeline"));
  const auto& match = matches.front();
  for (const auto& each : match.at("sources"))
    shown += line_of_source(each) + (is_set(each, "why") ? "; " + text(each, "why") : "") + "\n";
  for (const auto& each : match.at("sinks"))
    shown += line_of_sink(each) + (is_set(each, "why") ? ": " + text(each, "why") : "") + "\n";
  const auto& entries = match.at("journal");
  if (!entries.empty()) shown += "  journal:\n";
  for (auto i = entries.size() - std::min(entries.size(), newest); i < entries.size(); ++i)
    shown += brief_entry(entries[i], match);
  return shown + "  --all shows each step, and what the targets have\n";
}

std::string format_explanation(const json& explanation) {
  std::string shown;
  for (const auto& match : explanation.at("matches")) {
    if (!shown.empty()) shown += "\n";
    shown += verdict_line(match);
    for (const auto& each : match.at("sources")) shown += format_source(each);
    for (const char* key : {"merge", "filter", "brake", "paused"})
      if (is_set(match, key)) shown += fmt::format("  {}: {}\n", key, text(match, key));
    shown += format_decision(match.at("decided"));
    // Not every drcon that answers knows it.
    if (const auto others = match.value("also_of", std::vector<std::string>()); !others.empty())
      shown += "  this address is also of service " + printable(fmt::format("{}", fmt::join(others, ", "))) +
               ", whose lines are among those of the targets\n";
    for (const auto& each : match.at("sinks")) shown += format_sink(each);
    if (!match.at("journal").empty()) shown += "  journal:\n";
    for (const auto& each : match.at("journal")) shown += brief_entry(each, match);
  }
  return shown + that_there_are_more(explanation);
}

std::string format_history(const json& pipeline) {
  std::vector<std::vector<std::string>> rows{{"REVISION", "DECIDED", "IN SERVICE", "FROM"}};
  for (const auto& each : pipeline.at("history"))
    rows.push_back({text(each, "revision") + (each.at("revision") == pipeline.at("revision") ? " (now)" : ""),
                    each.at("decided") == 0 ? "before the restart" : clock_time(each.at("decided")),
                    text(each, "in_service") + " of " + text(each, "endpoints"), text(each, "why")});
  return table(rows);
}

std::string format_levels(const json& levels) {
  if (levels.contains("done")) return text(levels, "done") + "\n";
  std::vector<std::vector<std::string>> rows{{"WHAT", "LEVEL"}, {"all", text(levels, "level")}};
  for (const auto& [plugin, level] : levels.at("plugins").items())
    rows.push_back({"plugin " + printable(plugin), text(level)});
  return table(rows);
}

}  // namespace drcon::cli
