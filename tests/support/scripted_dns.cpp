#include "support/scripted_dns.hpp"

#include "support/ports.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <thread>

namespace drcon::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

namespace {

void two(dns_bytes& to, unsigned value) {
  to.push_back(static_cast<unsigned char>(value >> 8U));
  to.push_back(static_cast<unsigned char>(value));
}

dns_bytes encoded(const std::string& name) {
  dns_bytes to;
  for (std::size_t from = 0; from < name.size();) {
    const auto dot = std::min(name.find('.', from), name.size());
    to.push_back(static_cast<unsigned char>(dot - from));
    to.insert(to.end(), name.begin() + static_cast<long>(from), name.begin() + static_cast<long>(dot));
    from = dot + 1;
  }
  to.push_back(0);
  return to;
}

}  // namespace

std::pair<std::string, int> question_of(const dns_bytes& query) {
  std::string name;
  std::size_t at = 12;
  while (at < query.size() && query[at] != 0) {
    if (!name.empty()) name += '.';
    name.append(query.begin() + static_cast<long>(at) + 1, query.begin() + static_cast<long>(at) + 1 + query[at]);
    at += query[at] + 1U;
  }
  return {name, query.at(at + 1) << 8 | query.at(at + 2)};
}

dns_reply::dns_reply(const dns_bytes& query) : name_(question_of(query).first), id_(query[0] << 8U | query[1]) {
  question_.assign(query.begin() + 12, query.begin() + 12 + static_cast<long>(encoded(name_).size()) + 4);
}
dns_reply& dns_reply::code(int value) {
  flags_ = (flags_ & ~0x0fU) | static_cast<unsigned>(value);
  return *this;
}
dns_reply& dns_reply::authoritative(bool yes) {
  flags_ = yes ? flags_ | 0x0400U : flags_ & ~0x0400U;
  return *this;
}
dns_reply& dns_reply::truncated() {
  flags_ |= 0x0200U;
  return *this;
}
dns_reply& dns_reply::srv(const std::string& target, int port, int weight, int priority, int ttl) {
  dns_bytes data;
  two(data, static_cast<unsigned>(priority));
  two(data, static_cast<unsigned>(weight));
  two(data, static_cast<unsigned>(port));
  const auto name = encoded(target);
  data.insert(data.end(), name.begin(), name.end());
  return record(name_, 33, ttl, data, section::answer);
}
dns_reply& dns_reply::a(const std::string& name, const std::string& text) { return address(name, text, false); }
dns_reply& dns_reply::aaaa(const std::string& name, const std::string& text) { return address(name, text, false); }
dns_reply& dns_reply::glue(const std::string& name, const std::string& text) { return address(name, text, true); }
dns_reply& dns_reply::alias(const std::string& name, const std::string& target) {
  return record(name, 5, 0, encoded(target), section::answer);
}
dns_reply& dns_reply::name_server(const std::string& zone, const std::string& name) {
  return record(zone, 2, 0, encoded(name), section::authority);
}
dns_reply& dns_reply::authority(const std::string& zone) {
  dns_bytes data(2, 0);       // the two names: the root
  data.resize(2 + 5 * 4, 0);  // serial, refresh, retry, expire, minimum
  return record(zone, 6, 0, data, section::authority);
}
dns_reply& dns_reply::address(const std::string& name, const std::string& text, bool alongside) {
  const auto ip = asio::ip::make_address(text);
  dns_bytes data;
  if (ip.is_v4()) {
    const auto bytes = ip.to_v4().to_bytes();
    data.assign(bytes.begin(), bytes.end());
  } else {
    const auto bytes = ip.to_v6().to_bytes();
    data.assign(bytes.begin(), bytes.end());
  }
  const int type = ip.is_v4() ? 1 : 28;
  const bool asked_for = question_.at(question_.size() - 3) == type;  // the low byte of the question's type
  return record(name, type, 0, data, asked_for && !alongside ? section::answer : section::additional);
}
dns_reply& dns_reply::record(const std::string& name, int type, int ttl, const dns_bytes& data, section where) {
  auto& to = records_.at(static_cast<std::size_t>(where));
  const auto owner = encoded(name);
  to.insert(to.end(), owner.begin(), owner.end());
  two(to, static_cast<unsigned>(type));
  two(to, 1);
  two(to, static_cast<unsigned>(ttl) >> 16U);
  two(to, static_cast<unsigned>(ttl));
  two(to, static_cast<unsigned>(data.size()));
  to.insert(to.end(), data.begin(), data.end());
  ++counts_.at(static_cast<std::size_t>(where));
  return *this;
}
dns_bytes dns_reply::bytes() const {
  dns_bytes to;
  for (const auto value : {id_, flags_, 1U, counts_[0], counts_[1], counts_[2]}) two(to, value);
  to.insert(to.end(), question_.begin(), question_.end());
  for (const auto& each : records_) to.insert(to.end(), each.begin(), each.end());
  return to;
}

struct scripted_dns::server {
  explicit server(script answer) : say(std::move(answer)) {}

  asio::awaitable<void> converse(tcp::socket client, int number) {
    boost::system::error_code error;
    for (int answers = 0; close_after == 0 || answers < close_after; ++answers) {
      std::array<unsigned char, 2> length{};
      co_await asio::async_read(client, asio::buffer(length), asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      dns_bytes query(static_cast<std::size_t>(length[0] << 8 | length[1]));
      co_await asio::async_read(client, asio::buffer(query), asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      ++queries;
      if (number <= mute_up_to) continue;
      const auto answer = say(query, true);
      if (!answer) continue;
      if (answer->empty()) co_return;
      dns_bytes framed;
      two(framed, static_cast<unsigned>(answer->size()));
      const bool cut = cut_frames;
      framed.insert(framed.end(), answer->begin(),
                    cut ? answer->begin() + static_cast<long>(answer->size() / 2) : answer->end());
      co_await asio::async_write(client, asio::buffer(framed), asio::redirect_error(asio::use_awaitable, error));
      if (error || cut) co_return;
    }
  }
  asio::awaitable<void> accept() {
    for (;;) {
      boost::system::error_code error;
      auto client = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      asio::co_spawn(context, converse(std::move(client), ++connections), asio::detached);
    }
  }
  asio::awaitable<void> receive() {
    for (;;) {
      boost::system::error_code error;
      dns_bytes query(4096);
      udp::endpoint from;
      const auto length = co_await datagrams.async_receive_from(asio::buffer(query), from,
                                                                asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      query.resize(length);
      ++queries;
      if (const auto answer = say(query, false); answer && !answer->empty())
        datagrams.send_to(asio::buffer(*answer), from, 0, error);
    }
  }

  script say;
  std::atomic<int> queries{0};
  std::atomic<int> connections{0};
  std::atomic<int> mute_up_to{0};
  std::atomic<int> close_after{0};
  std::atomic<bool> cut_frames{false};
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  udp::socket datagrams{context};
  std::thread thread;
};

scripted_dns::scripted_dns(script answer) : port_(free_port()), server_(std::make_unique<server>(std::move(answer))) {
  const auto address = asio::ip::make_address("127.0.0.1");
  auto& made = *server_;
  made.acceptor.open(tcp::v4());
  made.acceptor.set_option(tcp::acceptor::reuse_address(true));
  made.acceptor.bind({address, port_});
  made.acceptor.listen();
  made.datagrams.open(udp::v4());
  made.datagrams.bind({address, port_});
  asio::co_spawn(made.context, made.accept(), asio::detached);
  asio::co_spawn(made.context, made.receive(), asio::detached);
  made.thread = std::thread([&made] { made.context.run(); });
}

scripted_dns::~scripted_dns() {
  server_->context.stop();
  server_->thread.join();
}

void scripted_dns::mute() { server_->mute_up_to = server_->connections.load(); }
void scripted_dns::close_after(int answers) { server_->close_after = answers; }
void scripted_dns::cut_frames(bool on) { server_->cut_frames = on; }
int scripted_dns::queries() const { return server_->queries; }
int scripted_dns::connections() const { return server_->connections; }

}  // namespace drcon::test
