#include "config/instances.hpp"

#include "config/suggest.hpp"
#include "config/text.hpp"
#include "config/toml_value.hpp"
#include "config/units.hpp"

#include <algorithm>
#include <utility>

namespace drcon::config {
namespace {

using nlohmann::literals::operator""_json_pointer;

std::string word(kind kind) { return kind == kind::source ? "source" : "sink"; }

class instance_reader {
public:
  instance_reader(kind kind, const plugin_catalog& plugins, diagnostics& found)
      : kind_(kind), plugins_(plugins), found_(found) {}

  std::optional<instance_config> read(const std::string& name, const section& from) {
    const auto* node = from.table->get("plugin");
    if (node == nullptr) {
      found_.error(from.where, "'plugin' is missing in " + from.title, known());
      return {};
    }
    const auto plugin = node->value_exact<std::string>();
    if (!plugin) {
      found_.error(place(*node), "'plugin' in " + from.title + ": expected a string, found " + found_text(*node));
      return {};
    }
    const auto schema = plugins_.schema(kind_, *plugin);
    if (!schema) {
      unknown_plugin(*plugin, place(*node), from.title);
      return {};
    }
    diagnostics own;
    auto options = check_options(from.to_check({"plugin", "isolation"}), *schema, own);
    const auto isolation = read_isolation(from, own);
    found_.take(own);
    if (own.has_errors()) return {};
    return instance_config{.name = name,
                           .plugin = *plugin,
                           .options = std::move(options.values),
                           .secrets = std::move(options.secrets),
                           .positions = std::move(options.positions),
                           .where = from.where,
                           .isolation = isolation};
  }

private:
  // isolation = "process", or a table with what else there is to say.
  isolation_config read_isolation(const section& from, diagnostics& found) const {
    const auto* node = from.table->get("isolation");
    if (node == nullptr) return {};
    static const toml::table nothing;
    const auto title = "isolation of " + from.title;
    const auto mode = node->value_exact<std::string>();
    if (!mode && !node->is_table()) {
      found.error(place(*node), "'isolation' in " + from.title + ": expected \"process\", \"none\" or a table, found " +
                                    found_text(*node));
      return {};
    }
    if (mode && *mode != "process" && *mode != "none") {
      found.error(place(*node),
                  "'isolation' in " + from.title + ": expected \"process\" or \"none\", found " + found_text(*node));
      return {};
    }
    const auto& schema = host_schema().at("/properties/source/additionalProperties/properties/isolation"_json_pointer);
    const auto checked = check_options({.table = mode ? nothing : *node->as_table(),
                                        .where = place(*node),
                                        .title = title,
                                        .directory = from.directory,
                                        .reserved = {}},
                                       schema, found);
    if (found.has_errors()) return {};
    const auto text = [&](const char* key) { return checked.values.at(key).get<std::string>(); };
    isolation_config to{.own_process = (mode ? *mode : text("mode")) == "process",
                        .memory = static_cast<std::size_t>(parse_size(text("memory")).value()),
                        .restart_min = parse_duration(text("restart_min")).value(),
                        .restart_max = parse_duration(text("restart_max")).value()};
    if (to.restart_max < to.restart_min)
      found.error(place(*node), "'restart_min' in " + title + " is longer than restart_max");
    return to;
  }

  void unknown_plugin(const std::string& plugin, const position& where, const std::string& title) {
    const auto other = kind_ == kind::source ? kind::sink : kind::source;
    const auto name = "'" + shortened(plugin) + "'";
    if (plugins_.schema(other, plugin)) {
      const auto such_as = names().empty() ? ", and none is there" : ", such as " + listed(names());
      found_.error(where, name + " is a " + word(other) + "; " + title + " needs a " + word(kind_) + such_as);
    } else {
      found_.error(where, "unknown plugin " + name + " in " + title, suggestion(plugin, names()));
    }
  }

  std::vector<std::string> names() const {
    auto all = plugins_.names(kind_);
    std::ranges::sort(all);
    return all;
  }

  std::string known() const { return names().empty() ? std::string() : word(kind_) + "s are: " + listed(names()); }

  kind kind_;
  const plugin_catalog& plugins_;
  diagnostics& found_;
};

}  // namespace

std::map<std::string, instance_config> read_instances(kind kind, const named_sections& from,
                                                      const plugin_catalog& plugins, diagnostics& found) {
  std::map<std::string, instance_config> all;
  instance_reader reader(kind, plugins, found);
  for (const auto& [name, each] : from)
    if (auto made = reader.read(name, each)) all.emplace(name, std::move(*made));
  return all;
}

}  // namespace drcon::config
