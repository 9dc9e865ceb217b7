// drcon/detail/user_name.hpp: what the user database calls a user.
//
// Thread rule: any. It may block for as long as the database takes to answer.
#pragma once

#include <pwd.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace drcon::detail {

/// Nothing for one that the database does not know.
inline std::optional<std::string> user_name(uid_t user) {
  std::vector<char> text(4096);  // of this call alone: another thread may ask as well
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, text.data(), text.size(), &found) != 0 || found == nullptr) return {};
  return entry.pw_name;
}

}  // namespace drcon::detail
