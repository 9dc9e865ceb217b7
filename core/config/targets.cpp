#include "config/targets.hpp"

#include "config/pointer.hpp"
#include "config/text.hpp"

#include <filesystem>
#include <utility>
#include <vector>

namespace drcon::config {
namespace {

using nlohmann::json;

struct target {
  std::string identity;  ///< equal for two sinks that own the same thing
  std::string shown;
  std::string pointer;  ///< of the option that names it
};

// One file is one target, whatever it is called and whichever plugin writes it.
std::string identity_of(const std::string& value, const json& option) {
  if (option.value("format", "") != "path") return value;
  std::error_code error;
  const auto file = std::filesystem::weakly_canonical(value, error);
  return error ? std::filesystem::path(value).lexically_normal().string() : file.string();
}

class search {
public:
  // The marked options of one table name one target together: a socket and a prefix, an address and an owner. Those of
  // each entry of a list name one of their own.
  void look_at(const json& values, const json& schema, const std::string& pointer) {
    std::vector<target> parts;
    bool is_file = false;
    const auto properties = schema.value("properties", json::object());
    for (const auto& [key, option] : properties.items()) {
      const auto value = values.find(key);
      if (value == values.end() || !option.is_object()) continue;
      const auto at = pointer + "/" + pointer_token(key);
      if (option.value("target", false) && value->is_string()) {
        const auto& text = value->get_ref<const std::string&>();
        parts.push_back({identity_of(text, option), text, at});
        is_file = option.value("format", "") == "path";
      } else if (value->is_object()) {
        look_at(*value, option, at);
      } else if (value->is_array() && option.contains("items")) {
        for (std::size_t i = 0; i < value->size(); ++i)
          if ((*value)[i].is_object()) look_at((*value)[i], option.at("items"), at + "/" + std::to_string(i));
      }
    }
    if (parts.empty()) return;
    target whole = parts.front();
    for (std::size_t i = 1; i < parts.size(); ++i) {
      whole.identity += '\0' + parts[i].identity;
      whole.shown += ", " + parts[i].shown;
    }
    if (parts.size() > 1 || !is_file) whole.identity.insert(0, plugin_ + '\0');
    found_.push_back(std::move(whole));
  }

  explicit search(std::string plugin) : plugin_(std::move(plugin)) {}
  const std::vector<target>& found() const { return found_; }

private:
  std::string plugin_;
  std::vector<target> found_;
};

}  // namespace

void check_targets(const std::map<std::string, instance_config>& sinks, const plugin_catalog& plugins,
                   diagnostics& found) {
  std::map<std::string, std::string> owners;  // by identity: a sink's name
  for (const auto& [name, sink] : sinks) {
    const auto schema = plugins.schema(kind::sink, sink.plugin);
    if (!schema) continue;
    search own(sink.plugin);
    own.look_at(sink.options, *schema, "");
    for (const auto& each : own.found()) {
      const auto [owner, is_new] = owners.emplace(each.identity, name);
      if (is_new) continue;
      const auto written = sink.positions.find(each.pointer);
      const bool is_own = owner->second == name;
      found.error(written == sink.positions.end() ? sink.where : written->second,
                  "the target " + shortened(each.shown) + " of [sink." + shortened(name) + "] is that of " +
                      (is_own ? "another of its entries" : "[sink." + shortened(owner->second) + "] as well"),
                  is_own
                      ? "remove one of them"
                      : "two sinks would undo each other's work: let the pipelines share one of them, or give each a "
                        "target of its own");
    }
  }
}

}  // namespace drcon::config
