// From files to a checked configuration, every fault in one pass.
#include "config/configuration.hpp"
#include "config/document.hpp"
#include "config/instances.hpp"
#include "config/pipelines.hpp"
#include "config/sections.hpp"
#include "config/suggest.hpp"
#include "config/targets.hpp"
#include "config/text.hpp"
#include "config/toml_value.hpp"
#include "config/units.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace drcon::config {
namespace {

// What is written for a key of [NAME]; null when nothing is.
const toml::node* written(const sections& all, const std::string& name, const char* key) {
  const auto [first, last] = all.single.equal_range(name);
  for (auto each = first; each != last; ++each)
    if (const auto* node = each->second.table->get(key)) return node;
  return nullptr;
}

std::vector<std::filesystem::path> files_of(const documents& read) {
  std::vector<std::filesystem::path> files;
  for (const auto& each : read.all) files.push_back(each.file);
  return files;
}

// Links are not followed: a configuration that is mounted, or deployed, by a link that points elsewhere after each
// change is the same one.
std::string path_as_given(const std::filesystem::path& file) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(file, error);
  return (error ? file : absolute).lexically_normal().string();
}

// Warns about levels for unknown plugins: they have no effect, and are most likely typing errors.
void check_log_plugins(const sections& all, const plugin_catalog& plugins, diagnostics& found) {
  const auto* node = written(all, "log", "plugins");
  if (node == nullptr || !node->is_table()) return;
  for (const auto& [key, level] : *node->as_table()) {
    const std::string name(key.str());
    if (plugins.schema(kind::source, name) || plugins.schema(kind::sink, name)) continue;
    auto known = plugins.names(kind::source);  // only for who has mistyped one: to name all, all have to be loaded
    for (auto& each : plugins.names(kind::sink)) known.push_back(std::move(each));
    found.warning(code::unknown_plugin, place(key), "'plugins' in [log]: there is no plugin '" + shortened(name) + "'",
                  suggestion(name, known));
  }
}

}  // namespace

std::optional<host_config> load_host(const std::filesystem::path& file, diagnostics& found) {
  const auto documents = read_documents(file, found);
  // Without the main file there are no options of the host. A broken include is left to load(), which reports it: it
  // may hold nothing but pipelines.
  if (!documents.has_main) return {};
  diagnostics others;  // of sections that are load()'s
  const auto all = collect_sections(documents, others);
  return read_host(all, found);
}

std::optional<configuration> load(const std::filesystem::path& file, const plugin_catalog& plugins,
                                  diagnostics& found) {
  diagnostics own;
  const auto documents = read_documents(file, own);
  const auto all = collect_sections(documents, own);
  configuration loaded;
  if (auto host = read_host(all, own)) loaded.host = std::move(*host);
  loaded.sources = read_instances(kind::source, all.sources, plugins, own);
  loaded.sinks = read_instances(kind::sink, all.sinks, plugins, own);
  check_targets(loaded, files_of(documents), plugins, own);
  check_log_plugins(all, plugins, own);
  loaded.pipelines = read_pipelines(all, documents.is_complete, own);
  if (documents.is_complete && all.pipelines.empty())
    own.error(
        code::file, {.file = file.string()}, "there is no pipeline",
        R"(add [pipeline.NAME] with sources = ["…"] and sinks = ["…"], or let drcon init write a first configuration)");
  loaded.text_hash = documents.hash;
  found.take(own);
  if (own.has_errors()) return {};
  const auto path = path_as_given(file);
  for (auto* all : {&loaded.sources, &loaded.sinks}) {
    for (auto& [name, each] : *all) {
      each.isolation.stop_patience = loaded.host.stop_deadline / 2;
      each.file = path;
    }
  }
  return loaded;
}

}  // namespace drcon::config
