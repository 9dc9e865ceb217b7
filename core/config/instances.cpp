#include "config/instances.hpp"

#include "config/isolation.hpp"
#include "config/suggest.hpp"
#include "config/text.hpp"
#include "config/toml_value.hpp"

#include <algorithm>
#include <utility>

namespace drcon::config {
namespace {

std::string to_string(kind kind) { return kind == kind::source ? "source" : "sink"; }

class instance_reader {
public:
  instance_reader(kind kind, const plugin_catalog& plugins, diagnostics& found)
      : kind_(kind), plugins_(plugins), found_(found) {}

  std::optional<instance_config> read(const std::string& name, const section& table) {
    const auto* node = table.table->get("plugin");
    if (node == nullptr) {
      found_.error(table.where, "'plugin' is missing in " + table.title, known());
      return {};
    }
    const auto plugin = node->value_exact<std::string>();
    if (!plugin) {
      found_.error(place(*node), "'plugin' in " + table.title + ": expected a string, found " + found_text(*node));
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
      found_.error(where, name + " is a " + to_string(other) + "; " + title + " needs a " + to_string(kind_) + such_as);
    } else {
      found_.error(where, "unknown plugin " + name + " in " + title, suggestion(plugin, names()));
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
