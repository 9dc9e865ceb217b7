// drcon reference, drcon schema: what the configuration and the command line may hold, for people and editors, from
// what they are checked against.
#include "cli/command_page.hpp"
#include "cli/facts.hpp"
#include "cli/operation_pages.hpp"
#include "cli/startup.hpp"
#include "reference/editor_schema.hpp"
#include "reference/print.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>

namespace drcon::cli {
namespace {

namespace fs = std::filesystem;

// Pages that are built twice are equal: the date is the one that a build is told, by reproducible-builds.org's
// convention.
std::string date_of_build() {
  const char* const given = std::getenv("SOURCE_DATE_EPOCH");
  if (given == nullptr) return {};
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(std::strtoll(given, nullptr, 10))));
}

std::string drawn(const reference::page& page, const std::string& format) {
  if (format == "markdown") return as_markdown(page);
  if (format == "man") return as_man(page, date_of_build());
  return as_text(page);
}

fs::path file_of(const reference::page& page, const std::string& format) {
  if (format == "man") return man_file(page);
  return page.name + (format == "markdown" ? ".md" : ".txt");
}

bool write(const fs::path& file, const std::string& text) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (out.flush()) return true;
  std::cerr << "drcon: cannot write " << file.string() << "\n";
  return false;
}

}  // namespace

int reference(const arguments& from) {
  plugins::registry plugins;
  load_plugins(from, plugins);
  if (!from.output.empty()) {
    std::vector<reference::page> pages{reference::page_of_host()};
    for (const auto& [name, each] : plugins.all()) pages.push_back(page_of(facts_of(each)));
    for (const auto& each : pages)
      if (!write(from.output / file_of(each, from.format), drawn(each, from.format))) return exit_runtime;
    if (from.format == "markdown" &&
        !(write(from.output / "metrics.md", metrics_page()) && write(from.output / "admin.md", admin_page())))
      return exit_runtime;
    if (from.format != "man") return exit_ok;
    const auto page = command_page(tree_of(*from.command_line), date_of_build());
    return write(from.output / "man1/drcon.1", page) ? exit_ok : exit_runtime;
  }
  if (from.plugin.empty()) {
    std::cout << drawn(reference::page_of_host(), from.format);
    return exit_ok;
  }
  const auto* found = plugins.find(from.plugin);
  if (found == nullptr) return no_such_plugin(from.plugin);
  std::cout << drawn(page_of(facts_of(*found)), from.format);
  return exit_ok;
}

int schema(const arguments& from) {
  plugins::registry plugins;
  load_plugins(from, plugins);
  for (const auto& each : plugins.refused()) std::cerr << "drcon: plugin refused: " << each.text() << "\n";
  std::vector<reference::plugin_facts> facts;
  for (const auto& [name, each] : plugins.all()) facts.push_back(facts_of(each));
  std::cout << reference::editor_schema(facts).dump(2) << "\n";
  return exit_ok;
}

}  // namespace drcon::cli
