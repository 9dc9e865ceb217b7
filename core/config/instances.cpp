#include "config/instances.hpp"

#include "config/file_text.hpp"
#include "config/isolation.hpp"
#include "config/suggest.hpp"
#include "config/text.hpp"
#include "config/toml_value.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace drcon::config {
namespace {

std::string to_string(kind kind) { return kind == kind::source ? "source" : "sink"; }

// A file that cannot be read has the hash of no content: when it can be, that is a change. Whether it may be missing is
// for the plugin to say.
std::map<std::string, std::size_t> hashes_of(const std::set<std::string>& files) {
  constexpr auto largest = std::size_t{16} * 1024 * 1024;
  std::map<std::string, std::size_t> all;
  for (const auto& file : files) {
    const auto content = read_file_text(file, largest);
    all.emplace(file, std::hash<std::string>()(content ? *content : std::string()));
  }
  return all;
}

class instance_reader {
public:
  instance_reader(kind kind, const plugin_catalog& plugins, diagnostics& found)
      : kind_(kind), plugins_(plugins), found_(found) {}

  std::optional<instance_config> read(const std::string& name, const section& table) {
    const auto* node = table.table->get("plugin");
    if (node == nullptr) {
      found_.error(code::missing_key, table.where, "'plugin' is missing in " + table.title, known());
      return {};
    }
    const auto plugin = node->value_exact<std::string>();
    if (!plugin) {
      found_.error(code::value, place(*node),
                   "'plugin' in " + table.title + ": expected a string, found " + found_text(*node));
      return {};
    }
    const auto schema = plugins_.schema(kind_, *plugin);
    if (!schema) {
      unknown_plugin(*plugin, place(*node), table.title);
      return {};
    }
    diagnostics own;
    auto options = check_options(table.to_check({"plugin", "isolation"}), *schema, own);
    const auto isolation = read_isolation(table, own);
    found_.take(own);
    if (own.has_errors()) return {};
    return instance_config{.name = name,
                           .plugin = *plugin,
                           .options = std::move(options.values),
                           .secrets = std::move(options.secrets),
                           .files_read = hashes_of(options.files_read),
                           .secret_files = std::move(options.secret_files),
                           .positions = std::move(options.positions),
                           .where = table.where,
                           .isolation = isolation};
  }

private:
  void unknown_plugin(const std::string& plugin, const position& where, const std::string& title) {
    const auto other = kind_ == kind::source ? kind::sink : kind::source;
    const auto name = "'" + shortened(plugin) + "'";
    if (plugins_.schema(other, plugin)) {
      const auto such_as = names().empty() ? ", and none is there" : ", such as " + listed(names());
      found_.error(code::unknown_plugin, where,
                   name + " is a " + to_string(other) + "; " + title + " needs a " + to_string(kind_) + such_as);
    } else {
      auto help = suggestion(plugin, names());
      const auto missing = plugins_.why_missing(plugin);
      if (missing) help = missing->help + (help.empty() ? "" : "; " + help);
      found_.error(code::unknown_plugin, where,
                   "unknown plugin " + name + " in " + title + (missing ? ": " + missing->why : ""), help);
    }
  }

  std::vector<std::string> names() const {
    auto all = plugins_.names(kind_);
    std::ranges::sort(all);
    return all;
  }

  std::string known() const { return names().empty() ? std::string() : to_string(kind_) + "s are: " + listed(names()); }

  kind kind_;
  const plugin_catalog& plugins_;
  diagnostics& found_;
};

}  // namespace

std::map<std::string, instance_config> read_instances(kind kind, const named_sections& tables,
                                                      const plugin_catalog& plugins, diagnostics& found) {
  std::map<std::string, instance_config> all;
  instance_reader reader(kind, plugins, found);
  for (const auto& [name, each] : tables)
    if (auto made = reader.read(name, each)) all.emplace(name, std::move(*made));
  return all;
}

}  // namespace drcon::config
