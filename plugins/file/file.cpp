// The file source: the schema of its options, and the plugin object.
#include "common/file_probe.hpp"
#include "file/settings.hpp"
#include "file/watch.hpp"

#include <drcon/probe.hpp>
#include <drcon/source.hpp>

#include <string>
#include <utility>

namespace drcon::file {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["path"],
  "description": "Reads services and endpoints from a TOML or JSON file, and again whenever it changes.",
  "properties": {
    "path": { "type": "string", "format": "path", "minLength": 1, "reads": "always",
      "description": "The file. It may be missing at start, and be replaced by rename." },
    "format": { "type": "string", "enum": ["auto", "toml", "json"], "default": "auto",
      "description": "auto: JSON when the name ends in .json, else TOML." },
    "poll": { "type": "string", "format": "duration", "default": "30s",
      "description": "The file is also read at this interval, for file systems that do not report changes; 10ms at least, also where less is given." },
    "settle": { "type": "string", "format": "duration", "default": "200ms",
      "description": "How long a file must stay as it is before it is read, unless its writer was seen to close it or to move it into place. A fault in it, or its absence, is reported after this time." },
    "max_size": { "type": "string", "format": "size", "default": "64MiB",
      "description": "A larger file is not read." }
  }
})JSON";

class source final : public blocking_source {
public:
  static constexpr const char* schema = schema_text;

  source(context host, const options& table) : source(host, read_settings(table)) {}

  void probe(const probing& into) const {
    if (!common::probe_read_file("the file", path_, into)) return;
    if (const auto why = watcher_.fault_of_content(); !why.empty())
      into.failed(probed::readable, why, "correct the file; until then what was read last is used");
  }

  void run(std::stop_token stop) override { watcher_.run(stop); }

private:
  source(context host, settings options)
      : blocking_source(host), path_(options.path), watcher_(std::move(options), host) {}

  const std::string path_;
  watcher watcher_;
};

}  // namespace
}  // namespace drcon::file

DRCON_PROBED_SOURCE("file", "0.1.0", "Reads services and endpoints from a TOML or JSON file.", drcon::file::source)
