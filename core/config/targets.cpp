#include "config/targets.hpp"

#include "config/file_area.hpp"
#include "config/pointer.hpp"
#include "config/text.hpp"

#include <drcon/url.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace drcon::config {
namespace {

using nlohmann::json;

struct target {
  std::string identity;  ///< equal for two sinks that own the same thing, as far as their prefixes overlap
  std::string shown;
  std::string pointer;  ///< of the option that names it
  std::string prefix;   ///< of the names in it that the sink owns; empty: all of them
  std::string pointer_of_prefix;
  bool is_file = false;
  std::optional<file_area> area;  ///< it is not one file, but any of these

  bool is_all_below() const { return area && area->is_all_below; }
};

// What must not be written over: the identity of a file -> what it is for people.
using needed_files = std::map<std::string, std::string>;

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

bool is_path(const json& option) { return option.value("format", "") == "path"; }

bool is_marked(const json& option) { return option.contains("target") && option.at("target") != json(false); }

// Looks through the options of one sink.
class search {
public:
  search(std::string sink, std::string plugin) : sink_(std::move(sink)), plugin_(std::move(plugin)) {}

  // A marked path is a target of its own, whichever plugin writes it. The other marked options of one table name one
  // target together: a socket and a prefix, an address and an owner. Those of each entry of a list name one of their
  // own. A path that is not marked is a file that the sink needs.
  void look_at(const json& values, const json& schema, const std::string& pointer) {
    target whole;
    const auto properties = schema.value("properties", json::object());
    for (const auto& [key, option] : properties.items()) {
      if (!option.is_object()) continue;
      const auto value = values.find(key);
      const auto at = pointer + "/" + pointer_token(key);
      if (is_marked(option) && option.value("type", json()) == "boolean") look_at_switch(values, key, option, at);
      else if (is_marked(option)) look_at_marked(values, key, option, at, whole);
      else if (option.value("targets_below", json()) == json(true)) look_at_directories(values, key, at);
      else if (is_path(option)) look_at_needed(values, key);
      else if (value != values.end()) look_inside(*value, option, at);
    }
    if (!whole.pointer.empty()) found_.push_back(std::move(whole));
  }

  const std::vector<target>& found() const { return found_; }
  const needed_files& needed() const { return needed_; }

private:
  // Another file that is owned when the option is true: its name is the text of "target", in which {OPTION} is what
  // that option of the same table says.
  void look_at_switch(const json& values, const std::string& key, const json& option, const std::string& pointer) {
    if (values.value(key, json()) != json(true) || !option.at("target").is_string()) return;
    auto text = option.at("target").get<std::string>();
    const auto begin = text.find('{');
    const auto end = text.find('}', begin);
    if (begin != std::string::npos && end != std::string::npos)
      text.replace(begin, end + 1 - begin, text_of(values, text.substr(begin + 1, end - begin - 1)));
    found_.push_back(file_target(text, pointer));
  }

  static target file_target(const std::string& path, const std::string& pointer) {
    return {.identity = identity_of_path(path),
            .shown = path,
            .pointer = pointer,
            .prefix = {},
            .pointer_of_prefix = {},
            .is_file = true,
            .area = {}};
  }

  // A path in which the text of "any_name" stands for any name.
  static target file_or_names(const std::string& path, const json& option, const std::string& pointer) {
    auto made = file_target(path, pointer);
    const auto mark = option.value("any_name", "");
    if (!mark.empty() && path.find(mark) != std::string::npos) made.area = area_of_names(made.identity, mark);
    return made;
  }

  void look_at_directories(const json& values, const std::string& key, const std::string& pointer) {
    const auto directories = values.find(key);
    if (directories == values.end() || !directories->is_array()) return;
    for (std::size_t i = 0; i < directories->size(); ++i) {
      if (!(*directories)[i].is_string()) continue;
      auto made = file_target((*directories)[i].get<std::string>(), pointer + "/" + std::to_string(i));
      made.area = area_below(made.identity);
      found_.push_back(std::move(made));
    }
  }

  void look_at_needed(const json& values, const std::string& key) {
    if (const auto text = text_of(values, key); !text.empty())
      needed_.emplace(identity_of_path(text), "what its option '" + key + "' names");
  }

  static std::string text_of(const json& values, const std::string& key) {
    const auto found = values.find(key);
    return found != values.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

  void look_inside(const json& value, const json& option, const std::string& pointer) {
    if (value.is_object()) look_at(value, option, pointer);
    if (!value.is_array() || !option.contains("items")) return;
    for (std::size_t i = 0; i < value.size(); ++i)
      if (value[i].is_object()) look_at(value[i], option.at("items"), pointer + "/" + std::to_string(i));
  }

  void look_at_marked(const json& values, const std::string& key, const json& option, const std::string& pointer,
                      target& whole) {
    const auto value = values.find(key);
    const bool is_given = value != values.end() && value->is_string();
    const auto text = is_given ? value->get<std::string>() : default_of(option.at("target"), values);
    if (text.empty()) return;
    if (is_path(option)) {
      found_.push_back(file_or_names(text, option, pointer));
      return;
    }
    if (whole.pointer.empty()) {
      whole.identity = plugin_;
      whole.pointer = pointer;
    }
    if (option.value("is_prefix", json()) == json(true)) {
      whole.prefix = text;
      whole.pointer_of_prefix = pointer;
    } else {
      whole.identity += '\0' + pointer + '\0' + identity_of(text);
    }
    whole.shown += (whole.shown.empty() ? "" : ", ") + text;
  }

  // What the plugin takes where the option is left out and has no default in the schema: the text of "target", in which
  // {name} is the sink's name. In a table of such texts it is the one that the option "of" says.
  std::string default_of(const json& target, const json& values) const {
    if (target.is_object()) return default_of(target.value(text_of(values, target.value("of", "")), json()), values);
    if (!target.is_string()) return {};
    auto text = target.get<std::string>();
    constexpr std::string_view mark = "{name}";
    if (const auto place = text.find(mark); place != std::string::npos) text.replace(place, mark.size(), sink_);
    return text;
  }

  std::string sink_;
  std::string plugin_;
  std::vector<target> found_;
  needed_files needed_;
};

// What a source reads as long as it runs. What it reads once may well be written by a sink, such as a certificate.
void add_inputs(const std::string& source, const json& values, const json& schema, needed_files& needed) {
  const auto properties = schema.value("properties", json::object());
  for (const auto& [key, option] : properties.items()) {
    const auto value = values.find(key);
    if (!option.is_object() || value == values.end()) continue;
    if (value->is_object()) add_inputs(source, *value, option, needed);
    if (value->is_array() && option.contains("items"))
      for (const auto& each : *value)
        if (each.is_object()) add_inputs(source, each, option.at("items"), needed);
    if (value->is_string() && option.value("reads", json()) == "always")
      needed.emplace(identity_of_path(value->get<std::string>()), "what [source." + shortened(source) + "] reads");
  }
}

needed_files needed_by_all(const configuration& all, const std::vector<std::filesystem::path>& files,
                           const plugin_catalog& plugins) {
  needed_files needed;
  for (const auto& each : files) needed.emplace(identity_of_path(each.string()), "a file of drcon's configuration");
  const auto& host = all.host;
  for (const auto& [path, what] :
       {std::pair(host.log.file, "the 'file' of [log]"), std::pair(host.admin.socket, "the 'socket' of [admin]"),
        std::pair(host.admin.certificate, "the certificate of [admin]"),
        std::pair(host.admin.private_key, "the private key of [admin]")})
    if (!path.empty()) needed.emplace(identity_of_path(path.string()), what);
  for (const auto& [name, source] : all.sources)
    if (const auto schema = plugins.schema(kind::source, source.plugin))
      add_inputs(name, source.options, *schema, needed);
  return needed;
}

// The targets of the sinks that were looked at before.
class owners {
public:
  struct owner {
    std::string sink;
    std::string prefix;
  };

  // Who has that target, or a part of it; nobody: then it is this sink's from now on.
  std::optional<owner> find_or_add(const target& what, const std::string& sink) {
    auto& all = by_identity_[what.identity];
    for (const auto& each : all)
      if (each.prefix.starts_with(what.prefix) || what.prefix.starts_with(each.prefix)) return each;
    all.push_back({sink, what.prefix});
    return {};
  }

private:
  std::map<std::string, std::vector<owner>> by_identity_;
};

class sink_check {
public:
  sink_check(const std::string& name, const instance_config& sink, diagnostics& found)
      : name_(name), sink_(sink), found_(found) {}

  void report_need(const target& what, const std::string& use) const {
    found_.error(code::target, where(what.pointer), subject(what) + "is " + use,
                 "the sink would write over it: give the sink another target");
  }

  void report_owner(const target& what, const owners::owner& other) const {
    if (other.prefix != what.prefix) return report_overlap(what, other);
    const bool is_own = other.sink == name_;
    found_.error(code::target, where(what.pointer),
                 subject(what) + "is that of " +
                     (is_own ? "another of its entries" : "[sink." + shortened(other.sink) + "] as well"),
                 is_own ? "remove one of them"
                        : "two sinks would undo each other's work: let the pipelines share one of them, or give each a "
                          "target of its own");
  }

  // A file of `what` could be one of `other`, which is [sink.`sink`]'s at `place`.
  void report_shared_files(const target& what, const target& other, const std::string& sink,
                           const position& place) const {
    const bool is_below = what.is_all_below() || other.is_all_below();
    found_.error(code::target, where(what.pointer),
                 subject(what) + "and the target " + shortened(other.shown) + " of [sink." + shortened(sink) + "] at " +
                     place.text() + " may be one file: the registry has the names of what is written there",
                 is_below ? "let the sink write below a directory that has no target of another sink"
                          : "choose paths that cannot be the same, such as in directories of their own");
  }

  const position& where(const std::string& pointer) const {
    const auto written = sink_.positions.find(pointer);
    return written == sink_.positions.end() ? sink_.where : written->second;
  }

private:
  void report_overlap(const target& what, const owners::owner& other) const {
    found_.error(code::target, where(what.pointer_of_prefix),
                 subject(what) + "overlaps with that of [sink." + shortened(other.sink) + "]: '" +
                     shortened(what.prefix) + "' and '" + shortened(other.prefix) +
                     "' begin alike to the end of the shorter one, so that names of one could be taken for names of "
                     "the other",
                 "choose prefixes of which none begins with another, such as 'a-' and 'b-'");
  }

  std::string subject(const target& what) const {
    return "the target " + shortened(what.shown) + " of [sink." + shortened(name_) + "] ";
  }

  const std::string& name_;
  const instance_config& sink_;
  diagnostics& found_;
};

// The files of all sinks that were looked at before, one by one or as areas.
class written_files {
public:
  // Reports each that may be the same as one of `what`, which is [sink.`name`]'s.
  void compare_and_add(const target& what, const std::string& name, const sink_check& check) {
    if (!what.is_file) return;
    for (const auto& each : all_)
      if (may_be_one_file(what, each.what, name == each.sink))
        check.report_shared_files(what, each.what, each.sink, each.where);
    all_.push_back({what, name, check.where(what.pointer)});
  }

private:
  struct written {
    target what;
    std::string sink;
    position where;
  };

  // Two files are compared by their identity. Below a directory a sink writes over none of its own files, and over none
  // of another that writes there in the same way: the files have owners when they are there.
  static bool may_be_one_file(const target& a, const target& b, bool is_of_one_sink) {
    if (!a.area && !b.area) return false;
    if (a.is_all_below() && b.is_all_below()) return false;
    const bool is_any_below = a.is_all_below() || b.is_all_below();
    if (is_any_below && is_of_one_sink) return false;
    if (a.identity == b.identity && !is_any_below) return false;  // reported as one target
    if (a.area && b.area) return overlap(*a.area, *b.area);
    return a.area ? has(*a.area, b.identity) : has(*b.area, a.identity);
  }

  std::vector<written> all_;
};

// What a sink must not write over: what it needs itself, or the configuration does.
void check_needs(const target& what, const needed_files& needed, const sink_check& check) {
  if (!what.area) {
    if (const auto use = needed.find(what.identity); use != needed.end()) check.report_need(what, use->second);
    return;
  }
  // Below a directory the files that are there are not written over.
  if (what.is_all_below()) return;
  for (const auto& [path, use] : needed)
    if (has(*what.area, path)) check.report_need(what, "with a name that the registry may have " + use);
}

// What drcon keeps of its pipelines (engine/state_store.hpp, engine/pause_store.hpp), and what keeps a second drcon
// away (cli/state_lock.hpp). A sink that wrote over one of these would take from drcon what it knows after a restart.
constexpr std::string_view kept_by_drcon[] = {".state",      ".state.1", ".state.outdated", ".state.damaged",
                                              ".state.left", ".paused",  ".paused.left"};

bool may_be_kept_by_drcon(const target& what, const std::filesystem::path& directory) {
  if (!what.area) {
    const std::filesystem::path file(what.identity);
    const auto name = file.filename().string();
    return file.parent_path() == directory &&
           (name == "lock" || std::ranges::any_of(kept_by_drcon, [&](auto ending) { return name.ends_with(ending); }));
  }
  if (has(*what.area, (directory / "lock").string())) return true;
  return std::ranges::any_of(kept_by_drcon, [&](auto ending) {
    return overlap(*what.area, {.directory = directory.string(), .front = {}, .back = std::string(ending)});
  });
}

// `directory`: the identity of the state directory; empty where there is none.
void check_state(const target& what, const std::filesystem::path& directory, const sink_check& check) {
  // Below a directory the files that are there are not written over.
  if (!what.is_file || what.is_all_below() || directory.empty()) return;
  if (may_be_kept_by_drcon(what, directory))
    check.report_need(what, what.area ? "with a name that the registry may have one of drcon's own state"
                                      : "a file of drcon's own state");
}

}  // namespace

void check_targets(const configuration& all, const std::vector<std::filesystem::path>& files,
                   const plugin_catalog& plugins, diagnostics& found) {
  const auto needed = needed_by_all(all, files, plugins);
  const auto& state = all.host.state_directory;
  const std::filesystem::path state_directory = state.empty() ? "" : identity_of_path(state.string());
  owners owned;
  written_files written;
  for (const auto& [name, sink] : all.sinks) {
    const auto schema = plugins.schema(kind::sink, sink.plugin);
    if (!schema) continue;
    search own(name, sink.plugin);
    own.look_at(sink.options, *schema, "");
    const sink_check check(name, sink, found);
    for (const auto& each : own.found()) {
      check_needs(each, own.needed(), check);
      check_needs(each, needed, check);
      check_state(each, state_directory, check);
      written.compare_and_add(each, name, check);
      if (each.is_all_below()) continue;
      if (const auto other = owned.find_or_add(each, name)) check.report_owner(each, *other);
    }
  }
}

std::vector<std::string> written_paths(const instance_config& sink, const nlohmann::json& schema) {
  search own(sink.name, sink.plugin);
  own.look_at(sink.options, schema, "");
  std::vector<std::string> all;
  for (const auto& each : own.found())
    if (each.is_file)
      all.push_back(each.is_all_below() ? (std::filesystem::path(each.shown) / "*").string() : each.shown);
  return all;
}

}  // namespace drcon::config
