#include "haproxy/backend_locks.hpp"

#include "common/digest.hpp"

#include <array>
#include <filesystem>

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

std::string name_of_lock(const std::string& owner, const std::string& prefix, const std::string& backend) {
  return "drcon/haproxy/" + common::digest(owner + "\n" + prefix + "\n" + backend);
}

}  // namespace

std::optional<struct stat> status_of(const target_address& socket) {
  struct stat info {};
  if (socket.path.empty() || ::stat(socket.path.c_str(), &info) != 0) return {};
  return info;
}

std::string backend_locks::holder(const std::string& backend, const std::string& process) const {
  const auto holder_must_write_to = status_of(socket_);
  for (const auto& owner : {identity_of(socket_), process})
    for (const auto& prefix : prefixes_)
      if (auto who = common::name_lock::holder(name_of_lock(owner, prefix, backend), holder_must_write_to);
          !who.empty())
        return who;
  return {};
}

std::string backend_locks::take(const std::string& backend, const std::string& process,
                                const std::set<std::string>& others) {
  const auto holder_must_write_to = status_of(socket_);
  const std::array<std::string, 2> owners{identity_of(socket_), process};
  const auto name_of = [&](const std::string& owner, const std::string& prefix) {
    return name_of_lock(owner, prefix, backend);
  };
  const auto refused = [&](const std::string& prefix, const std::string& why, const std::string& what) {
    locks_.erase(backend);
    return "the lock of its servers '" + prefix + "…' " + why + ", which sets " + what +
           "; this sink sets them once that one has ended";
  };
  auto& locks = locks_[backend];
  bool is_new = false;
  for (const auto& prefix : prefixes_) {
    for (std::size_t i = 0; i < owners.size(); ++i) {
      auto& lock = locks[prefix][i];
      const auto name = name_of(owners[i], prefix);
      is_new |= !lock.holds(name);
      if (const auto why = lock.take(name, holder_must_write_to); !why.empty()) return refused(prefix, why, "them");
    }
  }
  // Its own are held before it looks for those of others, so that of two sinks that do this at once none overlooks the
  // other. Who holds them already goes on.
  if (!is_new) return {};
  for (const auto& prefix : others)
    for (const auto& owner : owners)
      if (const auto why = common::name_lock::holder(name_of(owner, prefix), holder_must_write_to); !why.empty())
        return refused(prefix, why, "some that are slots '" + prefixes_.front() + "…' as well");
  return {};
}

void backend_locks::keep_only(const std::function<bool(const std::string& backend)>& keep) {
  std::erase_if(locks_, [&](const auto& each) { return !keep(each.first); });
}

}  // namespace drcon::haproxy
