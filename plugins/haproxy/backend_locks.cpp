#include "haproxy/backend_locks.hpp"

#include "common/digest.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <optional>

namespace drcon::haproxy {
namespace {

// What distinguishes one runtime API from another.
std::string identity_of(const target_address& socket) {
  if (socket.path.empty()) return socket.text;
  std::error_code ignored;
  const auto path = std::filesystem::weakly_canonical(socket.path, ignored);
  struct stat around {};
  if (ignored || ::stat(path.parent_path().c_str(), &around) != 0) return socket.path;
  return std::to_string(around.st_dev) + ":" + std::to_string(around.st_ino) + "/" + path.filename().string();
}

std::optional<struct stat> status_of(const target_address& socket) {
  struct stat info {};
  if (socket.path.empty() || ::stat(socket.path.c_str(), &info) != 0) return {};
  return info;
}

}  // namespace

std::string backend_locks::take(const std::string& backend, const std::string& process) {
  const auto name_of = [&](const std::string& owner) {
    return "drcon/haproxy/" + common::digest(owner + "\n" + prefix_ + "\n" + backend);
  };
  const auto holder_must_write_to = status_of(socket_);
  auto& locks = locks_[backend];
  auto why = locks.address.take(name_of(identity_of(socket_)), holder_must_write_to);
  if (why.empty()) why = locks.process.take(name_of(process), holder_must_write_to);
  if (why.empty()) return {};
  locks_.erase(backend);
  return "the lock of its servers '" + prefix_ + "…' " + why +
         ", which sets them; this sink sets them once that one has ended";
}

void backend_locks::keep_only(const std::function<bool(const std::string& backend)>& keep) {
  std::erase_if(locks_, [&](const auto& each) { return !keep(each.first); });
}

}  // namespace drcon::haproxy
