#include "config/diagnostics.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace drcon::config {
namespace {

// A message may quote the file, and a name in an include is any text. Cleaned here, since a reload logs the parts, and
// the admin interface answers them.
diagnostic cleaned(code of, position where, severity severity, const std::string& message, const std::string& help) {
  where.file = printable(where.file);
  return {.code = of,
          .where = std::move(where),
          .severity = severity,
          .message = printable(message),
          .help = printable(help)};
}

}  // namespace

void diagnostics::error(code of, position where, std::string message, std::string help) {
  all_.push_back(cleaned(of, std::move(where), severity::error, message, help));
}

void diagnostics::unread(code of, position where, const read_fault& fault) {
  error(of, std::move(where), fault.why);
  all_.back().may_pass = fault.may_pass;
}

void diagnostics::warning(code of, position where, std::string message, std::string help) {
  all_.push_back(cleaned(of, std::move(where), severity::warning, message, help));
}

void diagnostics::take(const diagnostics& other) { all_.insert(all_.end(), other.all_.begin(), other.all_.end()); }

bool diagnostics::has_errors() const {
  return std::ranges::any_of(all_, [](const diagnostic& each) { return each.severity == severity::error; });
}

bool diagnostics::may_pass(std::optional<config::code> also) const {
  return has_errors() && std::ranges::all_of(all_, [&](const diagnostic& each) {
           return each.severity != severity::error || each.may_pass || each.code == also;
         });
}

std::vector<diagnostic> diagnostics::sorted() const {
  auto all = all_;
  std::ranges::stable_sort(
      all, {}, [](const diagnostic& each) { return std::tie(each.where.file, each.where.line, each.where.column); });
  return all;
}

std::string diagnostics::text() const {
  std::string text;
  for (const auto& each : sorted()) {
    auto line = each.where.text() + (each.severity == severity::error ? ": error: " : ": warning: ") + each.message;
    if (!each.help.empty()) line += "; " + each.help;
    text += line + "\n";
  }
  return text;
}

}  // namespace drcon::config
