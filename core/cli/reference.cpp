// drcon reference, drcon schema: what the configuration and the command line may hold, for people and editors, from
// what they are checked against.
#include "base/json_text.hpp"
#include "cli/command_page.hpp"
#include "cli/facts.hpp"
#include "cli/operation_pages.hpp"
#include "cli/startup.hpp"
#include "cli/tools.hpp"
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

// Pages that are built twice are equal, so their date is SOURCE_DATE_EPOCH, by reproducible-builds.org's convention.
std::string date_of_build() {
  const char* const given = std::getenv("SOURCE_DATE_EPOCH");
  if (given == nullptr) return {};
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(std::strtoll(given, nullptr, 10))));
}

std::string rendered(const reference::page& page, const std::string& format) {
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

int reference(const arguments& options) {
  plugins::registry plugins;
  load_plugins(options, plugins);
  if (!options.output.empty()) {
    std::vector<reference::page> pages{reference::page_of_host()};
    for (const auto& [name, each] : plugins.all()) pages.push_back(page_of(facts_of(each)));
    for (const auto& each : pages)
      if (!write(options.output / file_of(each, options.format), rendered(each, options.format))) return exit_runtime;
    if (options.format == "markdown" &&
        !(write(options.output / "metrics.md", metrics_page()) && write(options.output / "admin.md", admin_page()) &&
          write(options.output / "codes.md", codes_page())))
      return exit_runtime;
    if (options.format != "man") return exit_ok;
    const auto page = command_page(with_tools(tree_of(*options.command_line), *options.tools), date_of_build());
    return write(options.output / "man1/drcon.1", page) ? exit_ok : exit_runtime;
  }
  if (options.plugin.empty()) {
    std::cout << rendered(reference::page_of_host(), options.format);
    return exit_ok;
  }
  const auto* found = plugins.find(options.plugin);
  if (found == nullptr) return no_such_plugin(options.plugin, plugins);
  std::cout << rendered(page_of(facts_of(*found)), options.format);
  return exit_ok;
}

int schema(const arguments& options) {
  plugins::registry plugins;
  load_plugins(options, plugins);
  for (const auto& each : plugins.refused()) std::cerr << "drcon: plugin refused: " << each.text() << "\n";
  std::vector<reference::plugin_facts> facts;
  for (const auto& [name, each] : plugins.all()) facts.push_back(facts_of(each));
  std::cout << base::json_text(reference::editor_schema(facts), 2) << "\n";
  return exit_ok;
}

}  // namespace drcon::cli
