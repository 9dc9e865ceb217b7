#include "support/scripted_http2.hpp"

#include "support/on_thread_of.hpp"
#include "support/ports.hpp"

#include <nghttp2/nghttp2.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <thread>

namespace drcon::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto waiting = asio::as_tuple(asio::use_awaitable);

nghttp2_nv field(const std::string& name, const std::string& value) {
  const auto bytes = [](const std::string& text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

struct answering {
  std::string target;
  std::string body;
  std::size_t sent = 0;
  bool is_held = false;
  bool is_cut = false;
};

}  // namespace

struct scripted_http2::server {
  struct client : std::enable_shared_from_this<client> {
    client(server& all, tcp::socket socket) : owner(all), stream(std::move(socket), all.tls) {}
    ~client() { nghttp2_session_del(session); }

    static client& self(void* data) { return *static_cast<client*>(data); }

    void begin() {
      nghttp2_session_callbacks* calls = nullptr;
      nghttp2_session_callbacks_new(&calls);
      nghttp2_session_callbacks_set_on_header_callback(
          calls, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* data) {
            if (std::string_view(reinterpret_cast<const char*>(name), name_size) == ":path")
              self(data).streams[frame->hd.stream_id].target.assign(reinterpret_cast<const char*>(value), value_size);
            return 0;
          });
      nghttp2_session_callbacks_set_on_frame_recv_callback(
          calls, [](nghttp2_session*, const nghttp2_frame* frame, void* data) {
            if (frame->hd.type == NGHTTP2_PING) ++self(data).owner.pings;
            if (frame->hd.type == NGHTTP2_HEADERS) self(data).asked(frame->hd.stream_id);
            return 0;
          });
      nghttp2_session_callbacks_set_on_stream_close_callback(
          calls, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* data) {
            self(data).streams.erase(id);
            return 0;
          });
      nghttp2_option* option = nullptr;
      nghttp2_option_new(&option);
      nghttp2_option_set_max_send_header_block_length(option, std::size_t{4} * 1024 * 1024);
      nghttp2_session_server_new2(&session, calls, this, option);
      nghttp2_option_del(option);
      nghttp2_session_callbacks_del(calls);
      send_settings();
    }
    void send_settings() const {
      const nghttp2_settings_entry most{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, owner.stream_limit};
      nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &most, 1);
    }

    void asked(std::int32_t id) {
      owner.requests.push_back(streams[id].target);
      owner.most_streams = std::max(owner.most_streams, streams.size());
      if (owner.reset_error != 0) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, owner.reset_error);
        return;
      }
      answer(id);
    }

    void answer(std::int32_t id) {
      auto& each = streams[id];
      const auto& now = owner.present(each.target);
      each.is_held = now.has_index && now.status == 200 &&
                     number_after(each.target, "index=") == std::max<std::uint64_t>(now.index, 1);
      if (each.is_held) return;
      if (now.ends == scripted_answer::how::dropped) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
        return;
      }
      each.body = now.body;
      each.is_cut = now.ends == scripted_answer::how::cut_short;
      std::map<std::string, std::string> all{{":status", std::to_string(now.status)}};
      if (now.has_index) all["x-consul-index"] = std::to_string(now.index);
      for (const auto& [name, value] : now.headers) all[name] = value;
      std::vector<nghttp2_nv> fields;
      for (const auto& [name, value] : all) fields.push_back(field(name, value));
      nghttp2_data_provider body{};
      body.read_callback = [](nghttp2_session* whose, std::int32_t stream_id, std::uint8_t* space, std::size_t size,
                              std::uint32_t* flags, nghttp2_data_source*, void* data) -> ssize_t {
        auto& one = self(data).streams[stream_id];
        const auto end = one.is_cut ? one.body.size() / 2 : one.body.size();
        const auto count = std::min(size, end - one.sent);
        std::copy_n(one.body.data() + one.sent, count, space);
        one.sent += count;
        if (one.sent == end) {
          *flags |= NGHTTP2_DATA_FLAG_EOF;
          if (one.is_cut) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            nghttp2_submit_rst_stream(whose, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_NO_ERROR);
          }
        }
        return static_cast<ssize_t>(count);
      };
      nghttp2_submit_response(session, id, fields.data(), fields.size(), &body);
    }

    void answer_held(const std::string& path) {
      for (auto& [id, each] : streams)
        if (each.is_held && path_of(each.target) == path) answer(id);
      flush();
    }

    void flush() {
      if (is_writing || is_silent || session == nullptr) return;
      is_writing = true;
      asio::co_spawn(owner.context, write(shared_from_this()), asio::detached);
    }
    asio::awaitable<void> write(std::shared_ptr<client> held) {
      for (;;) {
        std::string bytes = std::exchange(raw, {});
        const std::uint8_t* part = nullptr;
        while (bytes.size() < 65536) {
          const auto size = nghttp2_session_mem_send(session, &part);
          if (size <= 0) break;
          bytes.append(reinterpret_cast<const char*>(part), static_cast<std::size_t>(size));
        }
        if (bytes.empty() || is_silent) break;
        auto [error, count] = co_await asio::async_write(stream, asio::buffer(bytes), waiting);
        if (error) break;
      }
      is_writing = false;
      if (nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0) close();
      (void)held;
    }
    asio::awaitable<void> converse(std::shared_ptr<client> held) {
      auto [refused] = co_await stream.async_handshake(asio::ssl::stream_base::server, waiting);
      if (!refused && !owner.greeting.empty()) {
        co_await asio::async_write(stream, asio::buffer(owner.greeting), waiting);
        std::vector<char> rest(16384);  // an unread byte would turn the end into a reset
        co_await stream.async_read_some(asio::buffer(rest), waiting);
      } else if (!refused) {
        begin();
        flush();
        std::vector<char> space(16384);
        while (!is_silent) {
          auto [error, count] = co_await stream.async_read_some(asio::buffer(space), waiting);
          if (error || is_silent) break;
          if (nghttp2_session_mem_recv(session, reinterpret_cast<std::uint8_t*>(space.data()), count) < 0) break;
          flush();
        }
      }
      if (!is_silent) close();
      (void)held;
    }
    void close() {
      boost::system::error_code ignored;
      stream.next_layer().close(ignored);
      owner.clients.remove(this->shared_from_this());
    }

    server& owner;
    asio::ssl::stream<tcp::socket> stream;
    nghttp2_session* session = nullptr;
    std::map<std::int32_t, answering> streams;
    std::string raw;
    bool is_writing = false;
    bool is_silent = false;
  };

  server() {
    tls.use_certificate_chain_file(files.server());
    tls.use_private_key_file(files.server_key(), asio::ssl::context::pem);
    SSL_CTX_set_alpn_select_cb(
        tls.native_handle(),
        [](SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered, unsigned size,
           void* data) {
          static const unsigned char http2[] = "\x02h2";
          static const unsigned char http1[] = "\x08http/1.1";
          const bool offers = static_cast<server*>(data)->offers_http2;
          unsigned char* found = nullptr;
          if (SSL_select_next_proto(&found, length, offers ? http2 : http1, offers ? 3 : 9, offered, size) !=
              OPENSSL_NPN_NEGOTIATED)
            return SSL_TLSEXT_ERR_NOACK;
          *chosen = found;
          return SSL_TLSEXT_ERR_OK;
        },
        this);
  }

  const scripted_answer& present(const std::string& target) { return answers[path_of(target)]; }

  void listen() {
    acceptor = tcp::acceptor(context, {asio::ip::address_v4::loopback(), port});
    asio::co_spawn(context, accept(), asio::detached);
  }
  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor.async_accept(waiting);
      if (error) co_return;
      if (clients.size() >= connection_limit) continue;  // closes it
      ++accepted;
      clients.push_back(std::make_shared<client>(*this, std::move(socket)));
      asio::co_spawn(context, clients.back()->converse(clients.back()), asio::detached);
    }
  }

  // Does `what` on the server's thread, and returns what it does when it is done.
  template <class What>
  auto perform(What what) {
    return on_thread_of(context, std::move(what));
  }
  // Of every connection that speaks HTTP/2.
  void for_each(const std::function<void(client&)>& what) {
    perform([&] {
      for (const auto& each : std::list(clients)) {
        if (each->session == nullptr) continue;
        what(*each);
        each->flush();
      }
    });
  }

  // All of it belongs to the server's thread once that has begun.
  certificates files;
  std::uint16_t port = free_port();
  std::map<std::string, scripted_answer> answers{{"/v1/catalog/services", {.body = "{}"}}};
  std::vector<std::string> requests;
  std::size_t accepted = 0;
  std::size_t most_streams = 0;
  std::size_t pings = 0;
  std::size_t connection_limit = 100000;
  std::uint32_t stream_limit = 250;
  std::uint32_t reset_error = 0;
  std::string greeting;
  bool offers_http2 = true;
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};  // also while it is killed
  asio::ssl::context tls{asio::ssl::context::tls_server};
  std::list<std::shared_ptr<client>> clients;
  tcp::acceptor acceptor{context};
  std::thread thread;
};

scripted_http2::scripted_http2() : server_(std::make_unique<server>()) {
  server_->listen();
  server_->thread = std::thread([this] { server_->context.run(); });
}

scripted_http2::~scripted_http2() {
  server_->context.stop();
  server_->thread.join();
}

std::string scripted_http2::url() const { return "https://127.0.0.1:" + std::to_string(server_->port); }
const certificates& scripted_http2::files() const { return server_->files; }
std::string scripted_http2::options() const {
  return "address = \"" + url() + "\"\ntls = { ca_file = \"" + files().ca() + "\" }\n";
}

void scripted_http2::set(const std::string& path, scripted_answer answer) {
  server_->perform([&] { server_->answers[path] = std::move(answer); });
  server_->for_each([&](auto& each) { each.answer_held(path); });
}

std::size_t scripted_http2::held() const {
  return server_->perform([this] {
    std::size_t count = 0;
    for (const auto& each : server_->clients)
      for (const auto& [id, one] : each->streams) count += one.is_held ? 1 : 0;
    return count;
  });
}

std::vector<std::string> scripted_http2::requests(const std::string& path) const {
  return server_->perform([&] {
    std::vector<std::string> found;
    for (const auto& each : server_->requests)
      if (path_of(each) == path) found.push_back(each);
    return found;
  });
}

std::size_t scripted_http2::connections() const {
  return server_->perform([this] { return server_->clients.size(); });
}
std::size_t scripted_http2::connections_so_far() const {
  return server_->perform([this] { return server_->accepted; });
}
std::size_t scripted_http2::most_streams() const {
  return server_->perform([this] { return server_->most_streams; });
}

std::size_t scripted_http2::pings() const {
  return server_->perform([this] { return server_->pings; });
}

void scripted_http2::limit_streams(std::uint32_t most) {
  server_->perform([&] { server_->stream_limit = most; });
  server_->for_each([](auto& each) { each.send_settings(); });
}

void scripted_http2::go_away(std::size_t accepted) {
  server_->for_each([accepted](auto& each) {
    std::int32_t last = 0;
    std::size_t count = 0;
    for (auto& [id, one] : each.streams) {
      if (count == accepted) one.is_held = false;  // nothing is done about it any more
      else if (one.is_held && ++count <= accepted) last = id;
    }
    nghttp2_submit_goaway(each.session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
  });
}

void scripted_http2::reset_held(std::uint32_t error) {
  server_->for_each([error](auto& each) {
    for (auto& [id, one] : each.streams)
      if (std::exchange(one.is_held, false)) nghttp2_submit_rst_stream(each.session, NGHTTP2_FLAG_NONE, id, error);
  });
}
void scripted_http2::reset_all(std::uint32_t error) {
  server_->perform([&] { server_->reset_error = error; });
}
void scripted_http2::fall_silent() {
  server_->for_each([](auto& each) { each.is_silent = true; });
}
void scripted_http2::send(const std::string& bytes) {
  server_->for_each([&](auto& each) { each.raw += bytes; });
}
void scripted_http2::greet(const std::string& bytes) {
  server_->perform([&] { server_->greeting = bytes; });
}
void scripted_http2::offer_http2(bool offers) {
  server_->perform([&] { server_->offers_http2 = offers; });
}
void scripted_http2::limit_connections(std::size_t most) {
  server_->perform([&] { server_->connection_limit = most; });
}
void scripted_http2::kill() {
  server_->perform([this] {
    server_->acceptor.close();
    for (const auto& each : std::list(server_->clients)) each->close();
  });
}
void scripted_http2::revive() {
  server_->perform([this] { server_->listen(); });
}

}  // namespace drcon::test
