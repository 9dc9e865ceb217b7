// The file source: its options, and the plugin object.
#include "common/atomic_file.hpp"
#include "file/parse.hpp"
#include "file/watch.hpp"

#include <drcon/source.hpp>

#include <filesystem>
#include <map>
#include <optional>

namespace drcon::file {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["path"],
  "description": "Reads services and endpoints from a TOML or JSON file, and again whenever it changes.",
  "properties": {
    "path": { "type": "string", "format": "path", "minLength": 1,
      "description": "The file. It may be missing at start, and be replaced by rename." },
    "format": { "type": "string", "enum": ["auto", "toml", "json"], "default": "auto",
      "description": "auto: JSON when the name ends in .json, else TOML." },
    "poll": { "type": "string", "format": "duration", "default": "30s",
      "description": "The file is also read at this interval, for file systems that do not tell of changes." },
    "settle": { "type": "string", "format": "duration", "default": "200ms",
      "description": "How long a file must stay as it is before it is believed, unless its writer was seen to close it or to move it into place. A fault in it, or its absence, is reported after this time." },
    "max_size": { "type": "string", "format": "size", "default": "64MiB",
      "description": "A larger file is not read." }
  }
})JSON";

class source final : public blocking_source {
public:
  static constexpr const char* schema = schema_text;

  source(context host, const options& from)
      : blocking_source(host),
        path_(from["path"].string()),
        format_(format_of(from["format"].string(), path_)),
        poll_(from["poll"].duration()),
        settle_(from["settle"].duration()),
        max_size_(from["max_size"].bytes()) {}

  void run(std::stop_token stop) override {
    watch changes(path_);
    dealt_with_ = false;  // when an exception ended the run before, all was called unknown: it must be told again
    auto told = news::none;
    while (!stop.stop_requested()) {
      const auto next = read(told == news::whole);
      told = changes.wait(stop, next);
    }
  }

private:
  using clock = std::chrono::steady_clock;

  // What a look at the file found: its text, or why there is none.
  struct sight {
    std::optional<std::string> text;
    std::string why;
    bool operator==(const sight&) const = default;
  };

  static format format_of(const std::string& option, const std::string& path) {
    const auto word = option != "auto" ? option : path.ends_with(".json") ? "json" : "toml";
    return word == "json" ? format::json : format::toml;
  }

  // Looks at the file and returns when to look again if nothing happens before. `whole`: its writer has finished.
  std::chrono::nanoseconds read(bool whole) {
    auto now = look();
    if (now != seen_) {
      seen_ = std::move(now);
      since_ = clock::now();
      dealt_with_ = false;
    }
    if (dealt_with_) return poll_;
    const auto age = clock::now() - since_;
    const bool settled = age >= settle_ || unchanged_for_long();
    if (!settled && !(whole && seen_.text)) return settle_ - age;
    auto why = seen_.why;
    auto services = seen_.text ? parse(*seen_.text, format_, path_, why) : std::nullopt;
    if (!services && !settled) return settle_ - age;
    if (services) tell(std::move(*services));
    else complain(why);
    dealt_with_ = true;
    return poll_;
  }

  sight look() const {
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (status.type() == std::filesystem::file_type::not_found) return {{}, "there is no " + path_};
    // Opening a pipe would wait for a writer, and nothing could stop that.
    if (!error && !std::filesystem::is_regular_file(status)) return {{}, path_ + " is not a file"};
    const auto size = std::filesystem::file_size(path_, error);
    if (!error && size > max_size_)
      return {{}, path_ + " has " + std::to_string(size) + " bytes, more than max_size allows"};
    sight found;
    found.text = common::read_file(path_, found.why);
    if (!found.text && found.why.empty()) found.why = "there is no " + path_;
    return found;
  }

  // Nobody has written to it for `settle`, as is usual at start.
  bool unchanged_for_long() const {
    std::error_code error;
    const auto written = std::filesystem::last_write_time(path_, error);
    return !error && std::filesystem::file_time_type::clock::now() - written >= settle_;
  }

  void complain(const std::string& why) {
    host().unknown({}, why);
    host().status_degraded(why + "; what was read last stays");
  }

  void tell(std::vector<service> services) {
    std::map<std::string, std::vector<endpoint>> all;
    for (auto& each : services) {
      const auto before = told_.find(each.name);
      if (before == told_.end() || before->second != each.endpoints) host().publish(each);
      all.emplace(std::move(each.name), std::move(each.endpoints));
    }
    for (const auto& [name, gone] : told_)
      if (!all.contains(name)) host().withdraw(name);
    told_ = std::move(all);
    host().ready();
    host().status_ok(std::to_string(told_.size()) + " services");
  }

  std::string path_;
  format format_;
  std::chrono::nanoseconds poll_;
  std::chrono::nanoseconds settle_;
  std::size_t max_size_;

  sight seen_;               // at the last look
  clock::time_point since_;  // when it was first seen so
  bool dealt_with_ = false;  // published, or complained about
  std::map<std::string, std::vector<endpoint>> told_;
};

}  // namespace
}  // namespace drcon::file

DRCON_SOURCE("file", "0.1.0", "Reads services and endpoints from a TOML or JSON file.", drcon::file::source)
