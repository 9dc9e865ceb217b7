#include "config/diagnostics.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace drcon::config {

void diagnostics::error(position where, std::string message, std::string help) {
  all_.push_back({std::move(where), severity::error, std::move(message), std::move(help)});
}

void diagnostics::warning(position where, std::string message, std::string help) {
  all_.push_back({std::move(where), severity::warning, std::move(message), std::move(help)});
}

void diagnostics::take(const diagnostics& other) { all_.insert(all_.end(), other.all_.begin(), other.all_.end()); }

bool diagnostics::has_errors() const {
  return std::ranges::any_of(all_, [](const diagnostic& each) { return each.severity == severity::error; });
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
    text += printable(line) + "\n";
  }
  return text;
}

}  // namespace drcon::config
