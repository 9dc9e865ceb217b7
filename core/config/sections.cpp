#include "config/sections.hpp"

#include "config/configuration.hpp"
#include "config/suggest.hpp"
#include "config/text.hpp"
#include "config/toml_value.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace drcon::config {
namespace {

constexpr std::size_t longest_name = 63;

// Names become parts of file names, metrics and URLs.
bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  };
  return !text.empty() && text.size() <= longest_name && text.front() != '.' && std::ranges::all_of(text, fits);
}

class collector {
public:
  explicit collector(diagnostics& found) : found_(found) {
    for (const auto& [key, schema] : host_schema().at("properties").items()) known_.push_back(key);
  }

  sections collect(const documents& files) {
    for (const auto& each : files.all)
      for (const auto& [key, node] : each.table) take(each, key, node);
    return std::move(all_);
  }

private:
  void take(const document& file, const toml::key& key, const toml::node& node) {
    const std::string name(key.str());
    if (name == "include") return;
    if (std::ranges::find(known_, name) == known_.end()) {
      const auto what = node.is_table() ? "section [" + shortened(name) + "]" : "key '" + shortened(name) + "'";
      found_.error(code::unknown_key, place(key), "unknown " + what + " at the top level", suggestion(name, known_));
      return;
    }
    auto* const group = group_of(name);
    const auto title = "[" + name + (group ? ".NAME]" : "]");
    const auto* table = node.as_table();
    if (table == nullptr) {
      found_.error(code::syntax, place(key), "expected a table " + title + ", found " + found_text(node));
    } else if (group == nullptr) {
      add(all_.single, name, {table, place(node), title, file.directory});
    } else {
      for (const auto& [inner_key, inner] : *table) take_named(file, name, *group, inner_key, inner);
    }
  }

  named_sections* group_of(const std::string& name) {
    if (name == "source") return &all_.sources;
    if (name == "sink") return &all_.sinks;
    if (name == "pipeline") return &all_.pipelines;
    return nullptr;
  }

  void take_named(const document& file, const std::string& type, named_sections& group, const toml::key& key,
                  const toml::node& node) {
    const std::string name(key.str());
    const auto title = "[" + type + "." + shortened(name) + "]";
    const auto* table = node.as_table();
    if (table == nullptr) {
      found_.error(code::syntax, place(key),
                   "'" + shortened(name) + "' in [" + type + "]: expected a table [" + type + ".NAME], found " +
                       found_text(node));
      return;
    }
    if (!is_name(name))
      found_.error(code::name, place(key), "'" + shortened(name) + "' cannot be the name of a " + type,
                   "names are 1 to 63 letters, digits, '_', '-' and '.', and do not begin with '.'");
    add(group, name, {table, place(node), title, file.directory});
  }

  void add(named_sections& group, const std::string& name, section section) {
    const auto before = group.find(name);
    if (before != group.end())
      found_.error(code::name, section.where, section.title + " is there twice",
                   "the other is at " + before->second.where.text());
    group.emplace(name, std::move(section));
  }

  diagnostics& found_;
  std::vector<std::string> known_;
  sections all_;
};

}  // namespace

sections collect_sections(const documents& files, diagnostics& found) { return collector(found).collect(files); }

}  // namespace drcon::config
