#include "admin/connection_over.hpp"
#include "admin/limits.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tls_stream = asio::ssl::stream<any_socket>;

// A base of its own, so that it is there before the stream, which is made with it, and after it.
struct tls_keeper {
  std::shared_ptr<asio::ssl::context> tls;
};

class secure final : private tls_keeper, public connection_over<tls_stream> {
public:
  secure(any_socket socket, std::shared_ptr<asio::ssl::context> context)
      : tls_keeper{std::move(context)},
        connection_over([](tls_stream& stream) -> any_socket& { return stream.next_layer(); }, std::move(socket),
                        *tls) {}

  asio::awaitable<void> handshake(error_code& error) override {
    const deadline within(*this, limits::handshake_timeout);
    co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error));
  }
  asio::awaitable<void> shutdown() override {
    const deadline within(*this, limits::handshake_timeout);
    error_code ignored;
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
  }
};

}  // namespace

std::unique_ptr<connection> tls_connection(any_socket socket, std::shared_ptr<asio::ssl::context> tls) {
  return std::make_unique<secure>(std::move(socket), std::move(tls));
}

}  // namespace drcon::admin
