// The file source: its options, and the plugin object.
#include "common/atomic_file.hpp"
#include "file/parse.hpp"
#include "file/watch.hpp"

#include <drcon/source.hpp>

#include <filesystem>
#include <optional>
#include <set>

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
      "description": "A file that cannot be read as a whole may be half written: it is reported only when it is still so after this time." },
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
    while (!stop.stop_requested()) {
      const bool fine = read();
      changes.wait(stop, fine ? poll_ : std::min(poll_, settle_));
    }
  }

private:
  using clock = std::chrono::steady_clock;

  static format format_of(const std::string& option, const std::string& path) {
    const auto word = option != "auto" ? option : path.ends_with(".json") ? "json" : "toml";
    return word == "json" ? format::json : format::toml;
  }

  // False when the file could not be used; then nothing has changed.
  bool read() {
    std::string why;
    const auto text = load(why);
    if (text && text == read_) return !bad_since_;
    auto services = text ? parse(*text, format_, path_, why) : std::nullopt;
    if (!services) return complain(why), false;
    read_ = text;
    if (bad_since_) bad_since_.reset();
    tell(std::move(*services));
    return true;
  }

  std::optional<std::string> load(std::string& why) const {
    std::error_code error;
    const auto size = std::filesystem::file_size(path_, error);
    if (!error && size > max_size_) {
      why = path_ + " has " + std::to_string(size) + " bytes, more than max_size allows";
      return {};
    }
    auto text = common::read_file(path_, why);
    if (!text && why.empty()) why = "there is no " + path_;
    return text;
  }

  void complain(const std::string& why) {
    read_.reset();  // so that the same text counts as news once it is readable again
    if (!bad_since_) bad_since_ = clock::now();
    if (clock::now() - *bad_since_ < settle_) return;
    host().unknown({}, why);
    host().status_degraded(why + "; what was read last stays");
  }

  void tell(std::vector<service> services) {
    std::set<std::string> names;
    for (auto& each : services) {
      names.insert(each.name);
      host().publish(each);
    }
    for (const auto& each : told_)
      if (!names.contains(each)) host().withdraw(each);
    told_ = std::move(names);
    host().ready();
    host().status_ok(std::to_string(told_.size()) + " services");
  }

  std::string path_;
  format format_;
  std::chrono::nanoseconds poll_;
  std::chrono::nanoseconds settle_;
  std::size_t max_size_;

  std::optional<std::string> read_;  // the text that is published
  std::optional<clock::time_point> bad_since_;
  std::set<std::string> told_;
};

}  // namespace
}  // namespace drcon::file

DRCON_SOURCE("file", "0.1.0", "Reads services and endpoints from a TOML or JSON file.", drcon::file::source)
