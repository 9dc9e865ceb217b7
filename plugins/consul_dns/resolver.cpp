#include "consul_dns/resolver.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace drcon::consul_dns {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// c-ares' own state, once for all instances of this library.
void need_ares() {
  static const int result = ares_library_init(ARES_LIB_INIT_ALL);
  if (result != ARES_SUCCESS) throw std::runtime_error(std::string("c-ares: ") + ares_strerror(result));
}

// One question under way. The timer is what its coroutine waits on.
struct pending {
  explicit pending(const asio::any_io_executor& executor) : over(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer over;
  bool done = false;
  int status = ARES_SUCCESS;
  std::vector<unsigned char> bytes;
};

void answered(void* argument, int status, int /*timeouts*/, unsigned char* bytes, int length) {
  const std::unique_ptr<std::shared_ptr<pending>> held(static_cast<std::shared_ptr<pending>*>(argument));
  auto& to = **held;
  to.done = true;
  to.status = status;
  if (bytes != nullptr && length > 0) to.bytes.assign(bytes, bytes + length);
  to.over.cancel();
}

std::string reason_of(int status) {
  switch (status) {
    case ARES_ETIMEOUT: return "no answer in time";
    case ARES_ECONNREFUSED: return "no connection to the server";
    case ARES_EBADRESP: return "the answer is no sound DNS message";
    default: return ares_strerror(status);
  }
}

}  // namespace

struct resolver::watched {
  watched(server& from, asio::posix::stream_descriptor made) : of(from), descriptor(std::move(made)) {}
  server& of;
  asio::posix::stream_descriptor descriptor;
  bool wants_read = false;
  bool wants_write = false;
  bool reading = false;
  bool writing = false;
};

resolver::resolver(asio::any_io_executor executor, const resolver_options& options)
    : executor_(std::move(executor)), timer_(executor_), over_(options.over) {
  need_ares();
  for (const auto& address : options.servers) {
    servers_.push_back(std::make_unique<server>(server{.owner = this, .address = address}));
    open(*servers_.back(), options);
  }
}

resolver::~resolver() {
  // Answers what is under way, and closes the sockets by way of socket_changed().
  for (const auto& each : servers_)
    if (each->channel != nullptr) ares_destroy(each->channel);
}

void resolver::open(server& to, const resolver_options& options) {
  ares_options with{};
  // Names are asked for as they are, without a search list; what an answer says is judged here, not by c-ares.
  with.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_STAYOPEN | ARES_FLAG_NOCHECKRESP;
  with.flags |= options.over == transport::tcp ? ARES_FLAG_USEVC : ARES_FLAG_EDNS;
  with.timeout = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout).count());
  with.tries = 1;
  with.ednspsz = udp_payload;
  with.sock_state_cb = socket_changed;
  with.sock_state_cb_data = &to;
  char lookups[] = "b";  // the DNS alone, not /etc/hosts
  with.lookups = lookups;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS |
                   ARES_OPT_EDNSPSZ | ARES_OPT_NOROTATE;
  auto result = ares_init_options(&to.channel, &with, mask);
  if (result == ARES_SUCCESS) result = ares_set_servers_ports_csv(to.channel, to.address.c_str());
  if (result != ARES_SUCCESS) throw std::runtime_error("server " + to.address + ": " + ares_strerror(result));
}

asio::awaitable<dns_answer> resolver::ask(std::string name, record_type type) {
  const auto query = make_query(name, type, over_ == transport::udp ? udp_payload : 0);
  if (!query) co_return dns_answer{.parsed = {}, .why = "'" + name + "' is no name that can be asked for"};
  dns_answer answer;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const auto which = (preferred_ + i) % servers_.size();
    answer = co_await ask_one(*servers_[which], *query);
    // A server may close a connection that it has answered on just as the next question comes.
    if (answer.lost) answer = co_await ask_one(*servers_[which], *query);
    const bool of_use = answer.parsed && (answer.parsed->code == response_code::no_error ||
                                          answer.parsed->code == response_code::no_such_name);
    if (!of_use) continue;
    preferred_ = which;
    break;
  }
  co_return answer;
}

asio::awaitable<dns_answer> resolver::ask_one(server& which, const std::vector<unsigned char>& query) {
  const auto mine = std::make_shared<pending>(executor_);
  ares_send(which.channel, query.data(), static_cast<int>(query.size()), answered, new std::shared_ptr<pending>(mine));
  arm_timer();
  error_code cancelled;
  // A wait that is made after the answer has come would never end.
  if (!mine->done) co_await mine->over.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  dns_answer to{.parsed = {}, .why = {}, .bytes = mine->bytes.size(), .server = which.address};
  if (!mine->done) to.why = "cancelled";
  else if (mine->status != ARES_SUCCESS) to.why = reason_of(mine->status);
  to.lost = mine->status == ARES_ECONNREFUSED;
  if (!to.why.empty()) co_return to;
  to.parsed = read_message(mine->bytes);
  if (!to.parsed) to.why = reason_of(ARES_EBADRESP);
  co_return to;
}

void resolver::socket_changed(void* from, ares_socket_t socket, int readable, int writable) {
  auto& of = *static_cast<server*>(from);
  of.owner->watch(of, socket, readable != 0, writable != 0);
}

void resolver::watch(server& of, ares_socket_t socket, bool readable, bool writable) {
  const auto at = sockets_.find(socket);
  if (!readable && !writable) {
    // c-ares closes it next: it must leave Asio's reactor before, and Asio must not close it again.
    if (at == sockets_.end()) return;
    at->second->descriptor.release();
    at->second->wants_read = at->second->wants_write = false;
    sockets_.erase(at);
    return;
  }
  auto which = at != sockets_.end() ? at->second : nullptr;
  if (!which) {
    which = std::make_shared<watched>(of, asio::posix::stream_descriptor(executor_, socket));
    sockets_.emplace(socket, which);
  }
  which->wants_read = readable;
  which->wants_write = writable;
  wait_read(socket, which);
  wait_write(socket, which);
}

void resolver::wait_read(ares_socket_t socket, const std::shared_ptr<watched>& which) {
  if (!which->wants_read || std::exchange(which->reading, true)) return;
  which->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                               [weak = weak_from_this(), socket, which](const error_code& error) {
                                 which->reading = false;
                                 const auto self = weak.lock();
                                 if (error || !self || !which->wants_read) return;
                                 ares_process_fd(which->of.channel, socket, ARES_SOCKET_BAD);
                                 self->arm_timer();
                                 self->wait_read(socket, which);
                               });
}

void resolver::wait_write(ares_socket_t socket, const std::shared_ptr<watched>& which) {
  if (!which->wants_write || std::exchange(which->writing, true)) return;
  which->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                               [weak = weak_from_this(), socket, which](const error_code& error) {
                                 which->writing = false;
                                 const auto self = weak.lock();
                                 if (error || !self || !which->wants_write) return;
                                 ares_process_fd(which->of.channel, ARES_SOCKET_BAD, socket);
                                 self->arm_timer();
                                 self->wait_write(socket, which);
                               });
}

// c-ares tells how long until its next time-out; it must then be called.
void resolver::arm_timer() {
  timeval space{};
  std::optional<std::chrono::microseconds> next;
  for (const auto& each : servers_) {
    const auto* left = ares_timeout(each->channel, nullptr, &space);
    if (left == nullptr) continue;
    const auto wait = std::chrono::seconds(left->tv_sec) + std::chrono::microseconds(left->tv_usec);
    next = next ? std::min(*next, wait) : wait;
  }
  if (!next) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(*next + std::chrono::milliseconds(1));
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    for (const auto& each : self->servers_) ares_process_fd(each->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    self->arm_timer();
  });
}

}  // namespace drcon::consul_dns
