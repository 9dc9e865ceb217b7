#include "cli/operation_pages.hpp"

#include "admin/answer.hpp"
#include "admin/limits.hpp"
#include "admin/routes.hpp"
#include "config/diagnostic_code.hpp"
#include "engine/journal_words.hpp"
#include "metrics/figures.hpp"
#include "plugins/finding.hpp"
#include "report/pipeline_state.hpp"
#include "report/remark.hpp"

#include <fmt/format.h>

#include <string_view>

namespace drcon::cli {
namespace {

const char* name_of(metrics::figure::kind kind) {
  switch (kind) {
    case metrics::figure::kind::gauge: return "gauge";
    case metrics::figure::kind::counter: return "counter";
    case metrics::figure::kind::histogram: break;
  }
  return "histogram";
}

// A bar would end the cell of the table, so it is escaped.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// "1,024", as people read it.
std::string with_commas(std::size_t number) {
  auto text = std::to_string(number);
  for (auto left = text.size(); left > 3;) text.insert(left -= 3, ",");
  return text;
}

}  // namespace

std::string metrics_page() {
  std::string page =
      "# Figures of drcon\n\n"
      "`GET /metrics` of the admin interface, in Prometheus' text format. Names and labels are stable. A histogram "
      "has\n"
      "buckets from 100 µs to 60 s. A plugin's own figures are called `drcon_PLUGIN_NAME`; its README lists them.\n"
      "Alert rules and a Grafana dashboard are among the examples.\n\n"
      "| name | kind | labels | meaning |\n|---|---|---|---|\n";
  for (const auto* each : metrics::all_figures)
    page +=
        fmt::format("| `{}` | {} | {} | {} |\n", each->name, name_of(each->what), cell(each->labels), cell(each->help));
  return page;
}

std::string codes_page() {
  std::string page =
      "# Codes of drcon\n\n"
      "What programs compare with; the sentences beside them are for people and may change. Codes are added, and "
      "never\n"
      "change their meaning.\n\n"
      "## Findings of `drcon status --json`\n\n"
      "`findings[].code`; `severity` is `open` (something is in the way, or under way) or `warning`.\n\n"
      "| code | meaning |\n|---|---|\n";
  const auto row = [&page](std::string_view code, std::string_view meaning) {
    page += fmt::format("| `{}` | {} |\n", code, cell(meaning));
  };
  for (const auto& each : report::remark_codes()) row(each.code, each.meaning);
  page +=
      "\n## State of a pipeline\n\n"
      "`pipelines.NAME.state.code` of `drcon status --json`, the worst first; `kind` is what it makes of the "
      "verdict.\n\n"
      "| code | kind | for people |\n|---|---|---|\n";
  for (const auto each : report::all_conditions())
    page += fmt::format("| `{}` | `{}` | {} |\n", to_string(each), to_string(report::verdict_of(each)), to_words(each));
  page +=
      "\n## Findings of `drcon doctor --json`\n\n"
      "`findings[].code` says what was looked at, `state` is `ok`, `warning` or `failed`.\n\n"
      "| code | meaning |\n|---|---|\n";
  for (const auto& each : plugins::finding_codes()) row(each.code, each.meaning);
  page += "\n## Findings of `drcon check --json`\n\n| code | meaning |\n|---|---|\n";
  for (const auto& each : config::all_codes()) row(each.word, each.meaning);
  page += "\n## Entries of `drcon journal --json`\n\n| `what` | meaning |\n|---|---|\n";
  for (const auto& each : engine::journal_words()) row(to_string(each.what), each.meaning);
  page +=
      "\n## Refusals\n\n"
      "`code` of a refusal of the admin interface, and of a verb with `--json`; `no-answer`: no drcon answers; "
      "`usage`: the\n"
      "command line is wrong.\n\n"
      "| code | HTTP status |\n|---|---|\n";
  for (const auto& [status, code] : admin::refusal_codes()) row(code, std::to_string(status));
  return page;
}

std::string admin_page() {
  namespace limits = admin::limits;
  std::string page =
      "# Admin interface of drcon\n\n"
      "HTTP/1.1 over the unix socket `[admin] socket` (mode 0660: its owner and group may ask anything), and over TCP\n"
      "with `[admin] listen`: with a token everything but `/` and `/healthz` needs `Authorization: Bearer TOKEN` (RFC\n"
      "6750); without one nothing can be changed there. `GET /v1/openapi.json` has the shape of every answer. A "
      "refusal\n"
      "is `{\"error\": …, \"help\": …, \"code\": …}`. Times are seconds since the epoch, durations seconds. ";
  page += fmt::format(
      "At most {} connections\nand {} clients of `/v1/events`; a request has at most {} KiB of header, and {} "
      "seconds.\n",
      limits::connections, with_commas(limits::event_clients), limits::header_bytes / 1024,
      limits::request_timeout.count());
  for (const auto& each : admin::routes()) {
    page += fmt::format("\n## {} {}\n\n{}\n", each.method, each.path, each.summary);
    if (!each.query.empty()) page += "\n";
    for (const auto& one : each.query)
      page += fmt::format("- `{}`{}: {}\n", one.name, one.required ? ", required" : "", one.meaning);
    page += fmt::format("\n200: `{}`{}", each.type, *each.schema ? fmt::format(", `{}`", each.schema) : "");
    for (const int status : each.refuses) page += fmt::format(", {}", status);
    page += ".\n";
  }
  return page;
}

}  // namespace drcon::cli
