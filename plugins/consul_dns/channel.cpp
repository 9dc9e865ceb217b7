#include "consul_dns/channel.hpp"

#include "consul_dns/c_ares.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

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

void answered(void* argument, int status, std::span<const unsigned char> message) {
  const std::unique_ptr<std::shared_ptr<pending>> held(static_cast<std::shared_ptr<pending>*>(argument));
  auto& question = **held;
  question.done = true;
  question.status = status;
  question.bytes.assign(message.begin(), message.end());
  question.over.cancel();
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

struct channel::direction {
  bool wanted = false;
  bool waiting = false;
};

struct channel::watched {
  explicit watched(const asio::any_io_executor& executor) : descriptor(executor) {}
  asio::posix::stream_descriptor descriptor;
  direction read;
  direction write;
};

channel::channel(asio::any_io_executor executor, const std::string& server, transport over,
                 std::chrono::nanoseconds timeout)
    : executor_(std::move(executor)), timer_(executor_), timeout_(timeout) {
  need_ares();
  ares_options ares{};
  // Names are asked for as they are, without a search list; what an answer says, TC included, is judged elsewhere. Over
  // UDP no socket is kept: with each its port changes, which is half of what keeps others from answering.
  ares.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC;
  ares.flags |= over == transport::tcp ? ARES_FLAG_USEVC | ARES_FLAG_STAYOPEN : ARES_FLAG_EDNS;
  ares.timeout = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count());
  ares.tries = 1;
  ares.ednspsz = udp_payload;
  ares.sock_state_cb = socket_changed;
  ares.sock_state_cb_data = this;
  char lookups[] = "b";  // the DNS alone, not /etc/hosts
  ares.lookups = lookups;
  int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS |
             ARES_OPT_EDNSPSZ | ARES_OPT_NOROTATE;
  turn_off_ares_defaults(ares, mask);
  auto result = ares_init_options(&ares_, &ares, mask);
  if (result == ARES_SUCCESS) result = ares_set_servers_ports_csv(ares_, server.c_str());
  if (result == ARES_SUCCESS) {
    record_messages(ares_, received_);
    return;
  }
  if (ares_ != nullptr) ares_destroy(ares_);
  throw std::runtime_error("server " + server + ": " + ares_strerror(result));
}

channel::~channel() { ares_destroy(ares_); }

asio::awaitable<reply> channel::ask(std::vector<unsigned char> query) {
  const auto self = shared_from_this();
  const auto mine = std::make_shared<pending>(executor_);
  ++asked_;
  const auto started = std::chrono::steady_clock::now();
  send_ares_query(ares_, query, received_, answered, new std::shared_ptr<pending>(mine));
  arm_timer();
  error_code cancelled;
  // A wait that is made after the answer has come would never end.
  if (!mine->done) co_await mine->over.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  // The source is being stopped: that says nothing of the service, and nobody may hear of it.
  if (!mine->done) throw boost::system::system_error(asio::error::operation_aborted);
  answers_ += mine->status == ARES_SUCCESS ? 1 : 0;
  if (mine->status == ARES_SUCCESS) co_return reply{.bytes = std::move(mine->bytes), .why = {}};
  broken_ = true;  // silent: a dead connection would be written to until the kernel gives up, a quarter of an hour on
  const bool too_early = mine->status == ARES_ETIMEOUT && std::chrono::steady_clock::now() - started < timeout_ * 3 / 4;
  co_return reply{
      .bytes = {}, .why = reason_of(mine->status), .lost = mine->status == ARES_ECONNREFUSED, .too_early = too_early};
}

void channel::socket_changed(void* owner, ares_socket_t socket, int readable, int writable) {
  static_cast<channel*>(owner)->watch(socket, readable != 0, writable != 0);
}

void channel::watch(ares_socket_t socket, bool readable, bool writable) {
  const auto found = sockets_.find(socket);
  if (!readable && !writable) {
    // c-ares closes it next: it must leave Asio's reactor before, and Asio must not close it again.
    if (found == sockets_.end()) return;
    found->second->descriptor.release();
    found->second->read.wanted = found->second->write.wanted = false;
    sockets_.erase(found);
    return;
  }
  auto which = found != sockets_.end() ? found->second : nullptr;
  if (!which) {
    which = std::make_shared<watched>(executor_);
    error_code refused;  // c-ares is C: nothing may be thrown through it. Unwatched, the question runs out of time.
    which->descriptor.assign(socket, refused);
    if (refused) return;
    sockets_.emplace(socket, which);
  }
  which->read.wanted = readable;
  which->write.wanted = writable;
  wait(socket, which, &watched::read);
  wait(socket, which, &watched::write);
}

void channel::wait(ares_socket_t socket, const std::shared_ptr<watched>& which, direction watched::*which_way) {
  auto& mine = (*which).*which_way;
  if (!mine.wanted || std::exchange(mine.waiting, true)) return;
  const bool reads = which_way == &watched::read;
  which->descriptor.async_wait(
      reads ? asio::posix::stream_descriptor::wait_read : asio::posix::stream_descriptor::wait_write,
      [weak = weak_from_this(), socket, which, which_way, reads](const error_code& error) {
        auto& mine = (*which).*which_way;
        mine.waiting = false;
        const auto self = weak.lock();
        if (error || !self || !mine.wanted) return;
        ares_process_fd(self->ares_, reads ? socket : ARES_SOCKET_BAD, reads ? ARES_SOCKET_BAD : socket);
        self->arm_timer();
        self->wait(socket, which, which_way);
      });
}

// c-ares reports how long until its next time-out; it must then be called.
void channel::arm_timer() {
  timeval space{};
  const auto* left = ares_timeout(ares_, nullptr, &space);
  if (left == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(left->tv_sec) + std::chrono::microseconds(left->tv_usec) +
                       std::chrono::milliseconds(1));
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    ares_process_fd(self->ares_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    self->arm_timer();
  });
}

}  // namespace drcon::consul_dns
