#include "engine/state_file.hpp"

#include "base/guarded_file.hpp"
#include "base/json_text.hpp"
#include "base/wall_clock.hpp"
#include "base/write_all.hpp"
#include "engine/sha256.hpp"
#include "engine/state_text.hpp"
#include "model/snapshot.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace drcon::engine {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr double latest_seconds =
    9e9;  // the year 2255; the clock's own numbers end in 2262, and converting more is undefined

// JSON's numbers convert to any type in silence: one that this version would not have written must not become another.
template <class Number>
Number number_of(const json& encoded) {
  const auto value = encoded.get_ref<const json::number_unsigned_t&>();
  if (!std::in_range<Number>(value)) throw std::out_of_range("the number " + std::to_string(value) + " is too large");
  return static_cast<Number>(value);
}

health health_of(const json& encoded) {
  const auto value = number_of<std::uint32_t>(encoded);
  if (value > DRCON_MAINTENANCE) throw std::out_of_range("there is no health " + std::to_string(value));
  return static_cast<health>(value);
}

endpoint endpoint_of(const json& encoded) {
  return {.id = encoded.at("id"),
          .node = encoded.at("node"),
          .address = encoded.at("address"),
          .port = number_of<decltype(endpoint::port)>(encoded.at("port")),
          .weight = number_of<decltype(endpoint::weight)>(encoded.at("weight")),
          .priority = number_of<decltype(endpoint::priority)>(encoded.at("priority")),
          .health = health_of(encoded.at("health")),
          .tags = encoded.at("tags"),
          .meta = encoded.at("meta")};
}

std::chrono::milliseconds milliseconds_of(const json& encoded) {
  const auto value = number_of<std::int64_t>(encoded);
  if (static_cast<double>(value) > latest_seconds * 1000)
    throw std::out_of_range("the time " + std::to_string(value) + " is too late");
  return std::chrono::milliseconds(value);
}

std::chrono::system_clock::time_point time_of(const json& encoded) {
  return std::chrono::system_clock::time_point(milliseconds_of(encoded));
}

kept_brake_memory brake_of(const json& encoded) {
  kept_brake_memory brake;
  for (const auto& each : encoded.at("holds"))
    brake.holds.push_back({.service = each.at("service"),
                           .why = each.at("why"),
                           .kept = number_of<std::size_t>(each.at("kept")),
                           .lowest = number_of<std::size_t>(each.at("lowest")),
                           .since = time_of(each.at("since")),
                           .seen = each.contains("seen") ? milliseconds_of(each["seen"]) : std::chrono::milliseconds(0),
                           .is_own = each.at("own"),
                           .of_outage = each.at("outage")});
  for (const auto& each : encoded.at("losses"))
    brake.losses.push_back({.service = each.at("service"),
                            .until = time_of(each.at("until")),
                            .served = number_of<std::size_t>(each.at("served"))});
  return brake;
}

// Without it a power cut may undo the rename, and what was reported as kept is gone. A file system that does not know
// how to sync a directory (EINVAL) keeps names in a way of its own.
base::result<> sync_directory(const fs::path& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = directory >= 0 && (::fsync(directory) == 0 || errno == EINVAL);
  const int error = errno;
  if (directory >= 0) ::close(directory);
  if (!synced) return base::failure{"cannot sync the directory " + path.string() + ": " + std::strerror(error)};
  return {};
}

// Whom the file that was just made is to belong to. `drcon once`, run by root, must not leave a file that the service
// cannot read.
base::result<> keep_owner(int file, const fs::path& path) {
  struct stat there {};
  // Not what a link leads to: its maker would choose who gets the new file.
  const bool replaces = ::lstat(path.c_str(), &there) == 0 && S_ISREG(there.st_mode);
  if (::geteuid() == 0) {
    const bool given = replaces && there.st_uid != 0 ? ::fchown(file, there.st_uid, there.st_gid) == 0
                                                     : base::give_to_owner_of_directory(file, path);
    if (given) return {};
    return base::failure{"cannot give " + path.string() + " to the user of the service: " + std::strerror(errno)};
  }
  if (!replaces || there.st_uid == ::geteuid()) return {};
  return base::failure{path.string() + " belongs to uid " + std::to_string(there.st_uid) +
                       ", which could not read it any more if this process (uid " + std::to_string(::geteuid()) +
                       ") replaced it"};
}

// `write` gets the new file, and answers whether it could be written.
base::result<fs::path> make_beside(const fs::path& path, const std::function<bool(int file)>& write) {
  const auto temporary = path.string() + ".new";
  const int file = base::create_fresh(temporary);
  if (file < 0) return base::failure{"cannot create " + temporary + ": " + std::strerror(errno)};
  if (auto kept = keep_owner(file, path); !kept) {
    ::close(file);
    ::unlink(temporary.c_str());
    return kept.error();
  }
  const bool written = write(file) && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (written) return fs::path(temporary);
  ::unlink(temporary.c_str());  // a full disk needs the space
  return base::failure{"cannot write " + temporary + ": " + std::strerror(error)};
}

// The checksum is known once all the rest is written, and stands before it.
bool write_state(int file, const saved_state& state) {
  const std::string unknown(state_checksum_size, '0');
  if (!base::write_all(file, std::string(state_heading) + unknown + "\n")) return false;
  sha256_of_pieces digest;
  const bool written = write_state_body(state, [&](std::string_view piece) {
    digest.add(piece);
    return base::write_all(file, piece);
  });
  const auto sum = digest.hexadecimal();
  return written && base::write_all(file, "\n") && ::lseek(file, std::ssize(state_heading), SEEK_SET) >= 0 &&
         base::write_all(file, sum);
}

}  // namespace

base::result<fs::path> write_beside(const fs::path& path, const std::string& text) {
  return make_beside(path, [&text](int file) { return base::write_all(file, text); });
}

base::result<fs::path> write_beside(const fs::path& path, const saved_state& state) {
  return make_beside(path, [&state](int file) { return write_state(file, state); });
}

base::result<> move_file(const fs::path& file, const fs::path& path) {
  if (::rename(file.c_str(), path.c_str()) != 0)
    return base::failure{"cannot rename " + file.string() + ": " + std::strerror(errno)};
  return sync_directory(path.parent_path());
}

base::result<> replace_file(const fs::path& path, const std::string& text) {
  const auto temporary = write_beside(path, text);
  if (!temporary) return temporary.error();
  return move_file(*temporary, path);
}

base::result<> remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return base::failure{"cannot remove " + path.string() + ": " + std::strerror(errno)};
  return sync_directory(path.parent_path());
}

base::result<> mark_file_outdated(const fs::path& path) {
  const auto failed = [&path](const char* why) { return base::failure{"cannot mark " + path.string() + ": " + why}; };
  const int file = ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return failed(std::strerror(errno));
  struct stat there {};
  std::string heading(state_heading.size(), '\0');
  const bool is_one = ::fstat(file, &there) == 0 && S_ISREG(there.st_mode) &&
                      ::pread(file, heading.data(), heading.size(), 0) == std::ssize(heading) &&
                      (heading == state_heading || heading == outdated_heading);
  const auto differs = std::ranges::mismatch(state_heading, outdated_heading);
  const auto place = differs.in2 - outdated_heading.begin();
  const bool marked = is_one && ::pwrite(file, &*differs.in2, 1, place) == 1 && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!is_one) return failed("it is no state");
  if (!marked) return failed(std::strerror(error));
  return {};
}

std::int64_t to_milliseconds(std::chrono::system_clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

std::string json_of(std::string_view text) { return base::json_text(json(text)); }

std::string json_of(const asked_for& asked) {
  return base::json_text({{"sources", asked.sources}, {"filter", asked.filter}});
}

std::string json_of(const kept_brake_memory& brake) {
  auto holds = json::array();
  for (const auto& each : brake.holds) {
    holds.push_back({{"service", each.service},
                     {"why", each.why},
                     {"kept", each.kept},
                     {"lowest", each.lowest},
                     {"since", to_milliseconds(each.since)},
                     {"own", each.is_own},
                     {"outage", each.of_outage}});
    if (const auto seen = std::chrono::ceil<std::chrono::milliseconds>(each.seen); seen.count() > 0)
      holds.back()["seen"] = seen.count();
  }
  auto losses = json::array();
  for (const auto& each : brake.losses)
    losses.push_back({{"service", each.service}, {"until", to_milliseconds(each.until)}, {"served", each.served}});
  return base::json_text({{"holds", std::move(holds)}, {"losses", std::move(losses)}});
}

std::string serialise(const model::snapshot& snapshot, const asked_for& asked, const kept_brake_memory& brake,
                      std::chrono::system_clock::time_point decided) {
  std::string body;
  const saved_state state{.snapshot = std::make_shared<const model::snapshot>(snapshot.revision(), snapshot),
                          .asked = asked,
                          .brake = brake,
                          .decided = decided};
  write_state_body(state, [&body](std::string_view piece) {
    body += piece;
    return true;
  });
  return std::string(state_heading) + sha256(body) + "\n" + body + "\n";
}

base::result<saved_state> parse_state(const std::string& text) {
  const auto line_end = text.find('\n');
  const bool is_outdated = text.starts_with(outdated_heading);
  if ((!text.starts_with(state_heading) && !is_outdated) || line_end == std::string::npos)
    return base::failure{"it does not start with '" + std::string(state_heading) + "'"};
  const auto sum = text.substr(state_heading.size(), line_end - state_heading.size());
  const auto body = text.substr(line_end + 1, text.size() - line_end - 2);
  if (sum != sha256(body)) return base::failure{"its checksum does not match: it was damaged or edited"};
  try {
    const auto all = parsed_json(body);
    if (all.is_discarded()) return base::failure{"it is not JSON"};
    std::vector<model::service_ptr> services;
    for (const auto& each : all.at("services")) {
      service one{.name = each.at("name"),
                  .revision = number_of<std::uint64_t>(each.at("revision")),
                  .endpoints = {},
                  .values = {}};
      if (each.contains("values")) one.values = each["values"].get<std::map<std::string, std::string>>();
      for (const auto& part : each.at("endpoints")) one.endpoints.push_back(endpoint_of(part));
      services.push_back(std::make_shared<const model::shared_service>(std::move(one)));
    }
    std::ranges::sort(services, {}, [](const model::service_ptr& each) { return each->name(); });
    saved_state saved;
    saved.is_outdated = is_outdated;
    saved.snapshot =
        std::make_shared<const model::snapshot>(number_of<std::uint64_t>(all.at("revision")), std::move(services));
    if (all.contains("asked"))
      saved.asked = {.sources = all["asked"].at("sources"), .filter = all["asked"].at("filter")};
    if (all.contains("decided")) saved.decided = time_of(all["decided"]);
    if (all.contains("brake")) saved.brake = brake_of(all["brake"]);
    return saved;
  } catch (const std::exception& error) {
    return base::failure{std::string("it is not what this version writes: ") + error.what()};
  }
}

std::string serialise(const pause_mark& mark) {
  json all{{"why", mark.why}, {"since", base::to_seconds(mark.since)}};
  if (!mark.behind.empty()) all["behind"] = mark.behind;
  if (!mark.who.empty()) all["who"] = mark.who;
  return base::json_text(all) + "\n";
}

pause_mark parse_pause(const std::string& text) {
  const auto read = parsed_json(text);
  pause_mark mark{.why = "paused before the restart", .since = std::chrono::system_clock::now()};
  if (!read.is_object()) return mark;
  if (const auto why = read.find("why"); why != read.end() && why->is_string()) mark.why = *why;
  if (const auto who = read.find("who"); who != read.end() && who->is_string()) mark.who = *who;
  if (const auto behind = read.find("behind"); behind != read.end() && behind->is_array())
    for (const auto& each : *behind)
      if (each.is_string()) mark.behind.push_back(each);
  if (const auto since = read.find("since"); since != read.end() && since->is_number())
    if (const auto seconds = since->get<double>(); seconds >= 0 && seconds <= latest_seconds)
      mark.since = std::chrono::system_clock::time_point(
          std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::duration<double>(seconds)));
  return mark;
}

}  // namespace drcon::engine
