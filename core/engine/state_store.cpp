#include "engine/state_store.hpp"

#include "base/wall_clock.hpp"
#include "log/log.hpp"

#include <openssl/evp.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

namespace drcon::engine {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view heading = "drcon-state 1 sha256 ";

// Writing a large snapshot at every change would wear the disk for nothing: only a restart reads it.
constexpr auto pause_between_writes = std::chrono::milliseconds(500);

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) return {};
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += digits[digest[i] >> 4U];
    hex += digits[digest[i] & 15U];
  }
  return hex;
}

json to_json(const endpoint& each) {
  return {{"id", each.id},     {"node", each.node},     {"address", each.address},
          {"port", each.port}, {"weight", each.weight}, {"priority", each.priority},
          {"tags", each.tags}, {"meta", each.meta},     {"health", static_cast<std::uint32_t>(each.health)}};
}

endpoint endpoint_from(const json& from) {
  return {.id = from.at("id"),
          .node = from.at("node"),
          .address = from.at("address"),
          .port = from.at("port"),
          .weight = from.at("weight"),
          .priority = from.at("priority"),
          .health = static_cast<health>(from.at("health").get<std::uint32_t>()),
          .tags = from.at("tags"),
          .meta = from.at("meta")};
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Empty when it worked, else why not.
std::string replace_file(const fs::path& path, const std::string& text) {
  const auto temporary = path.string() + ".new";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return "cannot create " + temporary + ": " + std::strerror(errno);
  const bool written = write_all(file, text) && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!written) return "cannot write " + temporary + ": " + std::strerror(error);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return "cannot rename " + temporary + ": " + std::strerror(errno);
  return {};
}

}  // namespace

std::string serialise(const model::snapshot& from) {
  auto services = json::array();
  for (const auto& service : from.services()) {
    auto endpoints = json::array();
    for (const auto& each : service->endpoints()) endpoints.push_back(to_json(each));
    json one{{"name", service->name()}, {"revision", service->revision()}, {"endpoints", std::move(endpoints)}};
    if (!service->values().empty()) one["values"] = service->values();
    services.push_back(std::move(one));
  }
  const auto body = json{{"revision", from.revision()}, {"services", std::move(services)}}.dump(1);
  return std::string(heading) + sha256(body) + "\n" + body + "\n";
}

model::snapshot_ptr parse_state(const std::string& text, std::string& why) {
  const auto line_end = text.find('\n');
  if (!text.starts_with(heading) || line_end == std::string::npos) {
    why = "it does not start with '" + std::string(heading) + "'";
    return nullptr;
  }
  const auto sum = text.substr(heading.size(), line_end - heading.size());
  const auto body = text.substr(line_end + 1, text.size() - line_end - 2);
  if (sum != sha256(body)) {
    why = "its checksum does not match: it was damaged or edited";
    return nullptr;
  }
  try {
    const auto all = json::parse(body);
    std::vector<model::service_ptr> services;
    for (const auto& each : all.at("services")) {
      service one{.name = each.at("name"), .revision = each.at("revision"), .endpoints = {}, .values = {}};
      if (each.contains("values")) one.values = each["values"].get<std::map<std::string, std::string>>();
      for (const auto& part : each.at("endpoints")) one.endpoints.push_back(endpoint_from(part));
      services.push_back(std::make_shared<const model::shared_service>(std::move(one)));
    }
    std::ranges::sort(services, {}, [](const model::service_ptr& each) { return each->name(); });
    return std::make_shared<const model::snapshot>(all.at("revision").get<std::uint64_t>(), std::move(services));
  } catch (const json::exception& error) {
    why = std::string("it is not what this version writes: ") + error.what();
    return nullptr;
  }
}

// Owns the thread that writes.
struct state_store::writer {
  explicit writer(fs::path to) : directory(std::move(to)), thread([this] { run(); }) {}
  ~writer() {
    {
      const std::lock_guard lock(mutex);
      closing = true;
    }
    wake.notify_all();
    thread.join();
  }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return closing || !waiting.empty() || !pauses.empty(); });
      if (waiting.empty() && pauses.empty()) return;
      auto now = std::exchange(waiting, {});
      auto marks = std::exchange(pauses, {});
      lock.unlock();
      for (const auto& [pipeline, snapshot] : now) replace(pipeline + ".state", serialise(*snapshot));
      for (const auto& [pipeline, mark] : marks) write_pause(pipeline, mark);
      lock.lock();
      wake.wait_for(lock, pause_between_writes, [this] { return closing; });
    }
  }

  void write_pause(const std::string& pipeline, const std::optional<pause_mark>& mark) {
    std::error_code error;
    if (mark)
      replace(pipeline + ".paused", json{{"why", mark->why}, {"since", base::to_seconds(mark->since)}}.dump() + "\n");
    else fs::remove(directory / (pipeline + ".paused"), error);
  }

  void replace(const std::string& name, const std::string& text) {
    std::error_code error;
    fs::create_directories(directory, error);
    auto why = replace_file(directory / name, text);
    if (why == last_fault) return;
    if (!why.empty()) log::error(base::subject_kind::state, "last good state is not kept: {}", why);
    last_fault = std::move(why);
  }

  fs::path directory;
  std::mutex mutex;  // guards closing, waiting and pauses
  std::condition_variable wake;
  bool closing = false;
  std::map<std::string, model::snapshot_ptr> waiting;
  std::map<std::string, std::optional<pause_mark>> pauses;
  std::string last_fault;  // the thread's own
  std::thread thread;
};

state_store::state_store(fs::path directory) : directory_(std::move(directory)) {
  if (!directory_.empty()) writer_ = std::make_unique<writer>(directory_);
}

state_store::~state_store() = default;

model::snapshot_ptr state_store::load(const std::string& pipeline, std::string& why) const {
  if (directory_.empty()) return nullptr;
  const auto path = directory_ / (pipeline + ".state");
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::error_code error;
    if (fs::exists(path, error)) why = path.string() + " cannot be read: " + std::strerror(errno);
    return nullptr;
  }
  std::ostringstream text;
  text << in.rdbuf();
  auto loaded = parse_state(text.str(), why);
  if (!loaded) why = path.string() + " is not used: " + why;
  return loaded;
}

void state_store::save(const std::string& pipeline, model::snapshot_ptr snapshot) {
  if (!writer_) return;
  {
    const std::lock_guard lock(writer_->mutex);
    writer_->waiting.insert_or_assign(pipeline, std::move(snapshot));
  }
  writer_->wake.notify_all();
}

// A mark that cannot be read still is one: nobody may find his pause gone.
std::optional<pause_mark> state_store::load_pause(const std::string& pipeline) const {
  if (directory_.empty()) return {};
  const auto path = directory_ / (pipeline + ".paused");
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  std::ifstream in(path, std::ios::binary);
  const auto read = json::parse(in, nullptr, false);
  pause_mark mark{.why = "paused before the restart", .since = std::chrono::system_clock::now()};
  if (!read.is_object()) return mark;
  if (const auto why = read.find("why"); why != read.end() && why->is_string()) mark.why = *why;
  if (const auto since = read.find("since"); since != read.end() && since->is_number())
    mark.since = std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(
        std::chrono::duration<double>(since->get<double>())));
  return mark;
}

void state_store::save_pause(const std::string& pipeline, std::optional<pause_mark> pause) {
  if (!writer_) return;
  {
    const std::lock_guard lock(writer_->mutex);
    writer_->pauses.insert_or_assign(pipeline, std::move(pause));
  }
  writer_->wake.notify_all();
}

}  // namespace drcon::engine
