#include "admin/connection_over.hpp"

namespace drcon::admin {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class plain final : public connection_over<any_socket> {
public:
  explicit plain(any_socket socket)
      : connection_over([](any_socket& stream) -> any_socket& { return stream; }, std::move(socket)) {}

  asio::awaitable<void> handshake(error_code& error) override {
    error = {};
    co_return;
  }
  asio::awaitable<void> shutdown() override { co_return; }
};

}  // namespace

std::unique_ptr<connection> plain_connection(any_socket socket) { return std::make_unique<plain>(std::move(socket)); }

}  // namespace drcon::admin
