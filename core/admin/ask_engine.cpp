#include "admin/ask_engine.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;

// Waited for on the server's thread. The timer runs out, or the answer cancels it.
struct open_question {
  explicit open_question(asio::steady_timer until) : timer(std::move(until)) {}
  asio::steady_timer timer;
  std::optional<answer> given;
  std::atomic<bool> given_up{false};  // any thread's: what has not begun by then is not done any more
};

// Called on the engine's thread, once, and perhaps long after the server was closed.
struct reply_on_server_thread {
  state_ptr state;  // first, so that it goes last: the question's timer belongs to its loop
  std::shared_ptr<open_question> question;

  void operator()(answer made) const {
    asio::post(*state->context, [question = question, made = std::move(made)]() mutable {
      question->given = std::move(made);
      question->timer.cancel();
    });
  }
};

}  // namespace

asio::awaitable<answer> ask_engine(server_state& state, asked request, std::chrono::seconds timeout) {
  const auto question = std::make_shared<open_question>(asio::steady_timer(*state.context));
  question->timer.expires_after(timeout);
  asio::post(state.engine_context,
             [reply = reply_on_server_thread{state.shared_from_this(), question}, request = std::move(request)] {
               if (!reply.state->closed && !reply.question->given_up) handle(reply.state->about, request, reply);
             });
  // The answer cannot come before this waits: it comes by way of this very thread.
  boost::system::error_code ended;
  co_await question->timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  if (question->given) co_return std::move(*question->given);
  question->given_up = true;
  co_return refuse(503, "the engine's thread does not answer", "see the log; a restart keeps the last good state");
}

}  // namespace drcon::admin
