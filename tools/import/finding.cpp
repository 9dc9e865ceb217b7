#include "import/finding.hpp"

#include "import/toml.hpp"

namespace drcon::importing {
namespace {

std::string findings(const std::vector<finding>& all) {
  std::string text;
  for (const auto& each : all) text += toml::comment("- " + each.where.shown() + ": " + each.text);
  return text;
}

}  // namespace

std::string as_comments(const report& found) {
  std::string text;
  if (!found.remarks.empty())
    text += "#\n" + toml::comment("What has no counterpart, or another one:") + findings(found.remarks);
  if (!found.faults.empty()) text += "#\n" + toml::comment("NOT TRANSLATED, to do by hand:") + findings(found.faults);
  return text;
}

}  // namespace drcon::importing
