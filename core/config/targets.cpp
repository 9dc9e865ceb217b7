#include "config/targets.hpp"

#include "config/pointer.hpp"
#include "config/text.hpp"

#include <drcon/url.hpp>

#include <boost/asio/ip/address.hpp>

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

// A file or a unix socket is one thing, by whichever path it is reached.
std::string identity_of_path(const std::string& path) {
  std::error_code error;
  const auto file = std::filesystem::weakly_canonical(path, error);
  return error ? std::filesystem::path(path).lexically_normal().string() : file.string();
}

// The names that one host is most often given: a name server is not asked, for it may answer otherwise later.
std::string identity_of_host(std::string host) {
  for (auto& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (host == "localhost") return "127.0.0.1";
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) return host;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

// Of a path, a URL, or HOST:PORT: what it leads to. Any other text is compared as it is.
std::string identity_of(const std::string& text) {
  if (text.starts_with('/')) return identity_of_path(text);
  const bool has_scheme = text.find("://") != std::string::npos;
  if (!has_scheme && text.find('/') != std::string::npos) return text;
  const auto place = parse_url(has_scheme ? text : "http://" + text);
  if (!place || (!has_scheme && place->port.empty())) return text;
  if (place->host.empty()) return identity_of_path(place->path);
  const auto port = !place->port.empty() ? place->port : place->scheme == "https" ? "443" : "80";
  return identity_of_host(place->host) + ":" + port;
}

bool is_marked(const json& option) { return option.contains("target") && option.at("target") != json(false); }

class search {
public:
  search(std::string sink, std::string plugin) : sink_(std::move(sink)), plugin_(std::move(plugin)) {}

  // A marked path is a target of its own, whichever plugin writes it. The other marked options of one table name one
  // target together: a socket and a prefix, an address and an owner. Those of each entry of a list name one of their
  // own.
  void look_at(const json& values, const json& schema, const std::string& pointer) {
    target whole;
    const auto properties = schema.value("properties", json::object());
    for (const auto& [key, option] : properties.items()) {
      if (!option.is_object()) continue;
      const auto value = values.find(key);
      const auto at = pointer + "/" + pointer_token(key);
      if (is_marked(option)) look_at_marked(value == values.end() ? nullptr : &*value, option, at, whole);
      else if (value != values.end()) look_inside(*value, option, at);
    }
    if (!whole.pointer.empty()) found_.push_back(std::move(whole));
  }

  const std::vector<target>& found() const { return found_; }

private:
  void look_inside(const json& value, const json& option, const std::string& pointer) {
    if (value.is_object()) look_at(value, option, pointer);
    if (!value.is_array() || !option.contains("items")) return;
    for (std::size_t i = 0; i < value.size(); ++i)
      if (value[i].is_object()) look_at(value[i], option.at("items"), pointer + "/" + std::to_string(i));
  }

  void look_at_marked(const json* value, const json& option, const std::string& pointer, target& whole) {
    const auto text = value != nullptr && value->is_string() ? value->get<std::string>() : default_of(option);
    if (text.empty()) return;
    if (option.value("format", "") == "path") {
      found_.push_back({identity_of_path(text), text, pointer});
      return;
    }
    if (whole.pointer.empty()) whole = {plugin_, {}, pointer};
    whole.identity += '\0' + pointer + '\0' + identity_of(text);
    whole.shown += (whole.shown.empty() ? "" : ", ") + text;
  }

  // What the plugin takes where the option is left out and has no default in the schema: the text of "target", in which
  // {name} is the sink's name.
  std::string default_of(const json& option) const {
    if (!option.at("target").is_string()) return {};
    auto text = option.at("target").get<std::string>();
    constexpr std::string_view mark = "{name}";
    if (const auto place = text.find(mark); place != std::string::npos) text.replace(place, mark.size(), sink_);
    return text;
  }

  std::string sink_;
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
    search own(name, sink.plugin);
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
