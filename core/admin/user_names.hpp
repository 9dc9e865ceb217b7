// The names of users, asked for on a thread of their own: a user database such as LDAP may not answer for minutes, and
// the server's thread has other clients.
//
// Thread rule: the server's thread.
#pragma once

#include "admin/peer.hpp"
#include "base/lane.hpp"

#include <boost/asio/awaitable.hpp>

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace drcon::admin {

/// What the user database calls them; the number of one that it does not know. It may block.
std::string user_name(uid_t user);

class user_names {
public:
  using lookup = std::function<std::string(uid_t)>;

  /// `name_of` is called on a thread of its own.
  explicit user_names(lookup name_of = user_name) : name_of_(std::move(name_of)) {}

  /// The text of a peer, with numbers in the place of names that are not known within `at_most`. While a question
  /// before it has been open for longer than that, the database is not asked again: there are numbers at once.
  /// `owner`: what the context of the coroutine lives as long as; an answer that comes later is dropped.
  boost::asio::awaitable<std::string> text_of(peer who, std::chrono::nanoseconds at_most, std::weak_ptr<void> owner);

private:
  struct question;

  const lookup name_of_;
  std::unique_ptr<base::lane> lane_;  // from the first question on; most drcon are never asked to change anything
  std::weak_ptr<bool> overdue_;       // the question that ran out: there until the database answers
};

}  // namespace drcon::admin
