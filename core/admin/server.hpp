// The admin interface: HTTP/1.1 over a unix socket and, where it is configured, over TCP, with TLS or without. What it
// answers is in routes.cpp, who may ask in access.hpp, how much it takes on in limits.hpp, and GET /v1/openapi.json
// describes it all.
//
// A connection is accepted by listener.cpp, carried by connection.hpp, and served by session.cpp, which reads and
// writes HTTP with http_message.hpp. Thread rule: called on the engine's thread. Clients are served on a thread of the
// server's own, which asks the engine's thread for each answer: a slow client, or a thousand of them, delay no update.
#pragma once

#include "admin/routes.hpp"
#include "base/result.hpp"
#include "config/configuration.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace drcon::admin {

class server {
public:
  /// What the findings of a reload say where that happened.
  static constexpr const char* closed_since_in_the_clear =
      "the TCP port is closed, since it was served without TLS, which the new configuration asks for; the next good "
      "reload opens it again";

  /// `engine_context` is the engine's loop, and outlives the server.
  server(boost::asio::io_context& engine_context, served_host about);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  struct opened;
  struct destroy_opened {
    void operator()(opened* unused) const;
  };
  using opened_ptr = std::unique_ptr<opened, destroy_opened>;

  /// Opens, binds and loads all that the configuration asks for, and switches nothing: what is listened on stays, also
  /// when this fails. There is one exception: if this fails, and the configuration asks for TLS while the TCP port is
  /// served in the clear, that port is closed at once.
  /// The unix socket has mode 0660; a stale one of a process that died is replaced, one in use is not. A failure says
  /// each thing that could not be done.
  base::result<opened_ptr> open(const config::admin_config& next);
  /// Listens where it was opened, and no more elsewhere. Connections that were let in by another token, or in the clear
  /// before there was TLS, are served no more.
  void switch_to(opened_ptr made);
  /// A configuration that asks for TLS is not taken, for whatever reason: what it would secure is not served in the
  /// clear any more. True when the TCP port had to be closed for that.
  bool close_in_the_clear(const config::admin_config& refused);
  /// Both open() and switch_to(), one after the other.
  base::result<> listen(const config::admin_config& next);
  /// Ends every connection, and returns when the thread has ended.
  void close();

private:
  struct running;
  boost::asio::io_context& engine_context_;
  served_host about_;
  std::unique_ptr<running> running_;  // null: it listens nowhere
};

}  // namespace drcon::admin
