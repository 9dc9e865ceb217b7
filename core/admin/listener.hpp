// Where connections come from: the unix socket and the TCP port.
//
// Thread rule: open_*() on any thread; everything else on the server's.
#pragma once

#include "admin/server_state.hpp"
#include "base/result.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace drcon::admin {

/// A listening socket of any address family.
using any_acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

using acceptor_ptr = std::shared_ptr<any_acceptor>;

/// The file of a unix socket. Its name may be removed, and made again by another process that listens there.
class socket_file {
public:
  socket_file() = default;
  /// The one that was just bound at this path.
  explicit socket_file(std::filesystem::path path);

  /// Whether who connects by the path reaches the socket that was bound there.
  bool is_there() const;
  /// Removes it, unless the path is another one's by now.
  void remove() const;

private:
  std::filesystem::path path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;  // 0: none was found
};

struct unix_listener {
  acceptor_ptr acceptor;  // null: there is none
  socket_file file;
};

/// Listens on a unix socket with mode 0660. One that a dead process left behind is replaced, one in use is not.
base::result<unix_listener> open_unix_socket(boost::asio::io_context& context, const std::filesystem::path& socket);
/// The same over TCP.
base::result<acceptor_ptr> open_tcp_port(boost::asio::io_context& context, const std::string& address,
                                         std::uint16_t port);

/// Accepts connections, on the state's loop, until the acceptor is closed. `by` is what they count as; over TCP they
/// are secured with the state's TLS context, if it has one.
void start_accepting(server_state& state, acceptor_ptr acceptor, way_in by);

}  // namespace drcon::admin
