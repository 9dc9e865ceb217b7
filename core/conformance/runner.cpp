#include "conformance/runner.hpp"

#include "conformance/case_record.hpp"
#include "conformance/process.hpp"

#include <parsed_json.hpp>
#include <pattern.hpp>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>

namespace drcon::conformance {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// For a child that its own watch thread does not end. Longer than any case that makes progress.
constexpr auto longest_case = std::chrono::minutes(5);

std::string ending(const exit_state& how, const std::string& step) {
  const auto where = step.empty() ? std::string("between calls") : "within " + step;
  if (how.signal != 0)
    return "the process was ended by " + signal_name(how.signal) + " (" + ::strsignal(how.signal) + ") " + where;
  return "the process ended by itself, with exit code " + std::to_string(how.code) + ", " + where;
}

result read_record(const planned_case& planned, const case_record& record, const exit_state& how) {
  result made{
      .planned = planned, .verdict = verdict::passed, .seen = record.seen.data(), .output = how.output, .took = {}};
  switch (static_cast<outcome>(record.outcome.load())) {
    case outcome::passed: break;
    case outcome::failed: made.verdict = verdict::failed; break;
    case outcome::skipped: made.verdict = verdict::not_run; break;
    case outcome::overdue:
      made.verdict = verdict::timed_out;
      made.seen = std::string(record.step.data()) + " did not return within its deadline";
      break;
    case outcome::open:
      if (how.signal == SIGSYS && !made.seen.empty()) {
        made.verdict = verdict::failed;
        break;
      }
      made.verdict = how.timed_out ? verdict::timed_out : verdict::crashed;
      made.seen = how.timed_out ? "the case did not end" : ending(how, record.step.data());
      break;
  }
  if (record.remark[0] != '\0') made.output = std::string(record.remark.data()) + "\n" + made.output;
  return made;
}

class test_run {
public:
  test_run(const request& request, const std::function<void(const result&)>& on_result)
      : request_(request), on_result_(on_result), only_(request.only) {}

  findings run() {
    if (!loads()) return std::move(findings_);
    for (const auto& each : plan(findings_.plugin->kinds))
      if (is_asked(each)) run_after_its_needs(each);
    return std::move(findings_);
  }

private:
  // Only a library that loads can say which cases it has. What its file shows comes before that: where the C library
  // refuses to load it for such a fault, its message does not say what the author has to do.
  bool loads() {
    std::string fault;
    for (const auto& each : plan({})) {
      const bool is_load = each.name() == "loads";
      if (is_load && !fault.empty()) {
        settle({.planned = each, .verdict = verdict::not_run, .seen = "it needs " + fault});
        return false;
      }
      const auto made = run_one(each);
      if (made.is_breach()) fault = each.name();
      else if (is_load) read_description(made.seen);
      settle(made);
      if (is_load) break;
    }
    return fault.empty();
  }

  // The cases that a case needs are run before it, and reported only when they were asked for or have failed.
  verdict run_after_its_needs(const planned_case& what) {
    if (const auto known = verdicts_.find(what.name()); known != verdicts_.end()) return known->second;
    if (const auto needed = what.needs(); !needed.empty())
      for (const auto& each : plan(findings_.plugin->kinds))
        if (each.name() == needed && run_after_its_needs(each) != verdict::passed)
          return settle({.planned = what, .verdict = verdict::not_run, .seen = "it needs " + needed});
    return settle(run_one(what));
  }

  bool is_asked(const planned_case& what) const { return request_.only.empty() || only_.is_found_in(what.name()); }

  verdict settle(result made) {
    // What was seen of a library that has loaded is its description, which is no finding.
    if (made.planned.name() == "loads" && made.verdict == verdict::passed) made.seen.clear();
    const auto how = made.verdict;
    verdicts_.emplace(made.planned.name(), how);
    if (made.is_breach() || is_asked(made.planned)) keep(std::move(made));
    return how;
  }

  void keep(result made) {
    on_result_(made);
    findings_.results.push_back(std::move(made));
  }

  result run_one(const planned_case& what) const {
    const shared_case_record record;
    const scratch_directory scratch;
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::string> arguments{"plugin",
                                       "test",
                                       std::filesystem::absolute(request_.plugin).string(),
                                       "--run-case",
                                       what.name(),
                                       "--record",
                                       std::to_string(record.descriptor())};
    if (!request_.options.empty()) {
      arguments.emplace_back("--options");
      arguments.push_back(std::filesystem::absolute(request_.options).string());
    }
    if (!request_.unreachable.empty()) {
      arguments.emplace_back("--unreachable");
      arguments.push_back(std::filesystem::absolute(request_.unreachable).string());
    }
    const auto how = run_self(arguments, scratch.path(), record.descriptor(), longest_case);
    auto made = read_record(what, record.read(), how);
    made.took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
    return made;
  }

  void read_description(const std::string& text) {
    const auto facts = parsed_json(text);
    description& found = findings_.plugin.emplace();
    found.name = facts["name"];
    found.version = facts["version"];
    found.summary = facts["summary"];
    for (const auto& each : facts["kinds"]) found.kinds.push_back(each == "source" ? kind::source : kind::sink);
  }

  const request& request_;
  const std::function<void(const result&)>& on_result_;
  const pattern only_;
  findings findings_;
  std::map<std::string, verdict> verdicts_;
};

}  // namespace

const char* to_string(verdict value) {
  switch (value) {
    case verdict::passed: return "pass";
    case verdict::failed: return "FAIL";
    case verdict::crashed: return "crashed";
    case verdict::timed_out: return "timed out";
    case verdict::not_run: return "not run";
  }
  return "";
}

bool findings::has_breach() const { return std::ranges::any_of(results, &result::is_breach); }

findings run_all(const request& request, const std::function<void(const result&)>& on_result) {
  return test_run(request, on_result).run();
}

}  // namespace drcon::conformance
