#include "support/scripted_consul.hpp"

#include "support/ports.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <thread>

namespace drcon::test {

namespace asio = boost::asio;
namespace http_ = boost::beast::http;
using asio::ip::tcp;

std::string path_of(const std::string& target) { return target.substr(0, target.find('?')); }

std::uint64_t number_after(const std::string& target, const std::string& key) {
  const auto at = target.find(key);
  return at == std::string::npos ? 0 : std::stoull(target.substr(at + key.size()));
}

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

bool asks_for_consistency(const std::string& target) {
  return target.find("?consistent") != std::string::npos || target.find("&consistent") != std::string::npos;
}

// Of a parameter; empty when it is not there.
std::string text_after(const std::string& target, const std::string& key) {
  const auto at = target.find(key);
  return at == std::string::npos ? "" : target.substr(at + key.size(), target.find('&', at) - at - key.size());
}

std::string text_of(const scripted_answer& from) {
  std::string all = "HTTP/1.1 " + std::to_string(from.status) + " x\r\n";
  if (from.has_index) all += "X-Consul-Index: " + std::to_string(from.index) + "\r\n";
  if (from.ends == scripted_answer::how::endless) all += "Connection: close\r\n";
  else all += "Content-Length: " + std::to_string(from.body.size()) + "\r\n";
  for (const auto& [name, value] : from.headers) all += name + ": " + value + "\r\n";
  all += "\r\n" + from.body;
  if (from.ends == scripted_answer::how::cut_short) all.pop_back();
  return all;
}

}  // namespace

struct scripted_consul::server {
  scripted_answer present(const std::string& target) const {
    const auto path = path_of(target);
    const std::lock_guard lock(mutex);
    const auto of_datacenter = answers.find(path + "?dc=" + text_after(target, "dc="));
    if (of_datacenter != answers.end()) return of_datacenter->second;
    const auto confirmed = answers.find(path + "?consistent");
    if (confirmed != answers.end() && asks_for_consistency(target)) return confirmed->second;
    const auto usual = answers.find(path);
    if (usual != answers.end()) return usual->second;
    scripted_answer nothing;
    if (path == "/v1/catalog/services") nothing.body = "{}";
    return nothing;
  }

  // Back at once, or when the answer has another index.
  asio::awaitable<scripted_answer> await_answer(std::string target) {
    const auto path = path_of(target);
    const auto known = number_after(target, "index=");
    auto answer = present(target);
    if (known == 0 || answer.never_holds || !answer.has_index || known != std::max<std::uint64_t>(1, answer.index))
      co_return answer;
    if (answer.status != 200 || answer.ends != scripted_answer::how::whole) co_return answer;
    // Like Consul, it does not notice that the client has gone until the query is over.
    co_await hold(path, std::chrono::milliseconds(number_after(target, "wait=")));
    co_return present(target);
  }

  // With an entity tag that the client knows: 304, and where it prefers to wait, only when the tag is still the same
  // then.
  asio::awaitable<scripted_answer> await_other(std::string target, std::string known, std::uint64_t seconds) {
    auto answer = present(target);
    const auto is_known = [&] {
      return !known.empty() && answer.headers.contains("ETag") && answer.headers["ETag"] == known;
    };
    if (is_known() && seconds > 0) {
      co_await hold(path_of(target), std::chrono::seconds(seconds));
      answer = present(target);
    }
    if (is_known()) {
      ++unmodified;
      answer.status = 304;
      answer.body.clear();
    }
    co_return answer;
  }

  asio::awaitable<void> hold(std::string path, std::chrono::milliseconds at_most) {
    asio::steady_timer timer(context, at_most);
    const auto place = waiting.emplace(std::move(path), &timer);
    ++held;
    co_await timer.async_wait(token);
    --held;
    waiting.erase(place);
  }

  asio::awaitable<void> converse(tcp::socket client) {
    boost::beast::flat_buffer buffer;
    const auto place = clients.insert(clients.end(), &client);
    for (;;) {
      http_::request<http_::string_body> request;
      auto [unread, size] = co_await http_::async_read(client, buffer, request, token);
      if (unread) break;
      const std::string target(request.target());
      {
        const std::lock_guard lock(mutex);
        requests.push_back(target);
      }
      const std::string tag(request["If-None-Match"]);
      scripted_answer answer;  // not by a conditional expression: GCC 12 compiles co_await in one wrongly
      if (tag.empty()) answer = co_await await_answer(target);
      else answer = co_await await_other(target, tag, number_after(std::string(request["Prefer"]), "wait="));
      if (answer.ends == scripted_answer::how::dropped) break;
      const auto text = text_of(answer);
      auto [unwritten, written] = co_await asio::async_write(client, asio::buffer(text), token);
      if (unwritten || answer.ends == scripted_answer::how::cut_short) break;
    }
    clients.erase(place);
    --open;
  }

  void listen() {
    acceptor = tcp::acceptor(context, {asio::ip::address_v4::loopback(), port});
    asio::co_spawn(context, accept(), asio::detached);
  }

  void kill() {
    acceptor.close();
    close_clients();
  }

  void close_clients() {
    for (auto* each : clients) each->close();
    for (const auto& [path, timer] : waiting) timer->cancel();
  }

  // Does `what` on the server's thread, and returns when it is done.
  void perform(const std::function<void()>& what) {
    std::promise<void> done;
    asio::post(context, [&] {
      what();
      done.set_value();
    });
    done.get_future().wait();
  }

  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, client] = co_await acceptor.async_accept(token);
      if (error) co_return;
      if (open >= limit) continue;  // closes it
      boost::system::error_code ignored;
      client.set_option(tcp::no_delay(true), ignored);
      ++open;
      most = std::max<std::size_t>(most, open);
      asio::co_spawn(context, converse(std::move(client)), asio::detached);
    }
  }

  mutable std::mutex mutex;  // guards answers and requests
  std::map<std::string, scripted_answer> answers;
  std::vector<std::string> requests;

  std::atomic<std::size_t> open{0};
  std::atomic<std::size_t> most{0};
  std::atomic<std::size_t> held{0};
  std::atomic<std::size_t> unmodified{0};
  std::atomic<std::size_t> limit{100000};
  std::uint16_t port = free_port();
  std::multimap<std::string, asio::steady_timer*> waiting;  // the server's thread
  std::list<tcp::socket*> clients;                          // the server's thread
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};  // also while it is killed
  tcp::acceptor acceptor{context};
  std::thread thread;
};

scripted_consul::scripted_consul() : server_(std::make_unique<server>()) {
  server_->listen();
  server_->thread = std::thread([this] { server_->context.run(); });
}

scripted_consul::~scripted_consul() {
  server_->context.stop();
  server_->thread.join();
}

std::string scripted_consul::url() const { return "http://127.0.0.1:" + std::to_string(server_->port); }

void scripted_consul::set(const std::string& path, scripted_answer answer) {
  {
    const std::lock_guard lock(server_->mutex);
    server_->answers[path] = std::move(answer);
  }
  asio::post(server_->context, [this, path = path.substr(0, path.find('?'))] {
    const auto [first, last] = server_->waiting.equal_range(path);
    for (auto each = first; each != last; ++each) each->second->cancel();
  });
}

void scripted_consul::kill() {
  server_->perform([this] { server_->kill(); });
}

void scripted_consul::refuse_connections() {
  server_->perform([this] { server_->acceptor.close(); });
}

void scripted_consul::revive() {
  server_->perform([this] { server_->listen(); });
}

void scripted_consul::close_connections() {
  server_->perform([this] { server_->close_clients(); });
}
void scripted_consul::limit_connections(std::size_t most) { server_->limit = most; }

std::vector<std::string> scripted_consul::requests(const std::string& path) const {
  const std::lock_guard lock(server_->mutex);
  std::vector<std::string> found;
  for (const auto& each : server_->requests)
    if (path_of(each) == path) found.push_back(each);
  return found;
}

std::size_t scripted_consul::requests_below(const std::string& folder) const {
  const std::lock_guard lock(server_->mutex);
  return static_cast<std::size_t>(
      std::ranges::count_if(server_->requests, [&](const auto& each) { return each.starts_with(folder); }));
}

std::size_t scripted_consul::held() const { return server_->held; }
std::size_t scripted_consul::unmodified() const { return server_->unmodified; }
std::size_t scripted_consul::most_connections() const { return server_->most; }

std::string instance(const std::string& id, const std::string& address, int port) {
  return R"({"Node":{"Node":"n1","Address":"10.9.9.9"},"Service":{"ID":")" + id + R"(","Address":")" + address +
         R"(","Port":)" + std::to_string(port) + R"(},"Checks":[]})";
}

}  // namespace drcon::test
