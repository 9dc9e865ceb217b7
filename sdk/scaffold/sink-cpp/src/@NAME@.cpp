// @NAME@: a sink that keeps a file of lines "service id address port" as drcon has decided it, replaced as a whole.
//
// It works as it is. To make it yours, change what render_text() and replace() do, and the options in `schema`.
#include <drcon/sink.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace {

// Nothing when the file cannot be read, such as when there is none yet.
std::optional<std::string> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

// All or nothing: a new file beside the old one takes its name once it is on the disk. Throws when it cannot.
void replace(const std::string& path, std::string_view text) {
  std::string beside = path + ".XXXXXX";
  const int file = ::mkstemp(beside.data());
  if (file < 0) throw std::system_error(errno, std::generic_category(), "cannot make " + beside);
  const bool is_there =
      ::fchmod(file, 0644) == 0 && write_all(file, text) && ::rename(beside.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::close(file);
  if (is_there) return;
  ::unlink(beside.c_str());
  throw std::system_error(error, std::generic_category(), "cannot write " + path);
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](unsigned char c) { return c <= ' ' || c == '#' || c == 0x7F; });
}

class lines_sink final : public drcon::blocking_sink {
public:
  // What a user may write under [sink.NAME], as JSON Schema: drcon checks it, fills in defaults, reports faults with
  // their line and column, and makes the reference of it. So every option has a description.
  static constexpr const char* schema = R"({
    "type": "object", "additionalProperties": false, "required": ["file"],
    "properties": {
      "file": { "type": "string", "format": "path", "description": "File to write, a line 'service id address port' for each endpoint." }
    }})";

  // The schema has checked the options before this runs. Throw drcon::config_error here for what a schema cannot check.
  // No I/O: `drcon check` makes instances too.
  lines_sink(drcon::context host, const drcon::options& options)
      : blocking_sink(host), file_(options["file"].string()) {}

  // Makes the target match, on a thread of its own. ok: it does. retry, or an exception: it is away, drcon comes again
  // with backoff. rejected: this snapshot will never fit, drcon waits for another.
  drcon::outcome apply(const drcon::update_view& update, drcon::stop_token) override {
    const auto text = render_text(update.wanted());
    if (read(file_) != text) replace(file_, text);
    return drcon::ok();
  }

  // For `drcon render`: what apply would write. Touches nothing.
  bool render(const drcon::update_view& update) override {
    const auto text = render_text(update.wanted());
    if (const auto live = read(file_)) host().rendered(file_, text, *live);
    else host().rendered(file_, text);
    return true;
  }

private:
  // Services and endpoints come in a fixed order: equal snapshots give equal bytes.
  std::string render_text(const drcon::snapshot_view& wanted) const {
    std::string text = "# service id address port\n";
    for (const auto& service : wanted.services())
      for (const auto endpoint : service.endpoints())
        if (takes_traffic(endpoint) && fits(service.name(), endpoint))
          text += std::string(service.name()) + ' ' + std::string(endpoint.id()) + ' ' +
                  std::string(endpoint.address()) + ' ' + std::to_string(endpoint.port()) + '\n';
    return text;
  }

  static bool takes_traffic(const drcon::endpoint_view& endpoint) {
    return endpoint.health() <= drcon::health::warning && endpoint.weight() > 0;
  }

  // Whoever may register a service chooses its names. They are data, and must not mean anything to your target: leave
  // out what would, say why, and go on with the others.
  bool fits(std::string_view service, const drcon::endpoint_view& endpoint) const {
    const bool good = is_word(service) && is_word(endpoint.id());
    if (!good) host().refused(service, endpoint.id(), "its name or id is not one word of the file's lines");
    return good;
  }

  const std::string file_;
};

}  // namespace

DRCON_SINK("@NAME@", PLUGIN_VERSION, "Writes endpoints to a file of lines.", lines_sink)
