#include "haproxy/target.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace drcon::haproxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// HAProxy reads commands into a buffer of 16 KiB and stops reading while its answers are not taken: a batch that fits
// both ways cannot block.
constexpr std::size_t batch_bytes = 8192;

// "master> ", and "master[ReloadFailed]> " until the next good reload. That of a worker is its pid, or nothing, and ">
// ".
bool is_of_master(const std::string& prompt) { return prompt.starts_with("master"); }

}  // namespace

target::target(target_address address, std::chrono::nanoseconds timeout)
    : address_(std::move(address)), timeout_(timeout) {}

// Starts one operation and runs until it has ended, or the time is up.
template <class Start>
error_code target::in_time(Start start) {
  error_code result = asio::error::timed_out;
  bool ended = false;
  start([&](const error_code& error, auto...) {
    result = error;
    ended = true;
  });
  context_.restart();
  context_.run_for(timeout_);
  if (ended) return result;
  error_code ignored;
  socket_.close(ignored);
  context_.restart();
  context_.run();
  return asio::error::timed_out;
}

std::string target::fault(const std::string& what, const error_code& error) const {
  if (error == asio::error::timed_out) return what + " " + address_.text + ": no answer in time";
  if (error == asio::error::eof) return what + " " + address_.text + ": HAProxy closed the connection";
  if (error == boost::system::errc::permission_denied)
    return what + " " + address_.text +
           ": permission denied; drcon's user needs the right to write to the socket ('user', 'group' and 'mode' of "
           "'stats socket')";
  return what + " " + address_.text + ": " + error.message();
}

std::string target::open() {
  if (auto why = connect(); !why.empty()) return why;
  return agree_on_prompt();
}

std::string target::connect() {
  error_code error;
  asio::generic::stream_protocol::endpoint endpoint;
  if (address_.path.empty()) {
    endpoint = address_.tcp;
  } else {
    // sun_path holds 107 bytes; the constructor throws beyond.
    if (address_.path.size() > 107) return address_.text + ": longer than a unix socket's path can be";
    endpoint = asio::local::stream_protocol::endpoint(address_.path);
  }
  error = in_time([&](auto done) { socket_.async_connect(endpoint, done); });
  return error ? fault("cannot connect to", error) : std::string();
}

std::string target::agree_on_prompt() {
  const auto ask = [this](const std::string& line) -> std::string {
    unread_.clear();
    if (auto why = write(line); !why.empty()) return why;
    while (!unread_.ends_with("> "))
      if (auto why = read_more(); !why.empty()) return why;
    prompt_ = unread_.substr(unread_.rfind('\n') + 1);
    return {};
  };
  if (auto why = ask("prompt\n"); !why.empty()) return why;
  if (!address_.master && is_of_master(prompt_))
    return address_.text + " is the socket of HAProxy's master: master = true is needed";
  if (address_.master) {
    if (!is_of_master(prompt_))
      return address_.text + " is not the socket of a master: without master = true it will do";
    if (auto why = ask("@1\n"); !why.empty()) return why;
    if (is_of_master(prompt_)) return address_.text + ": HAProxy's master has no worker at present";
  }
  prompt_ = "\n" + prompt_;
  unread_.clear();
  return {};
}

std::string target::write(const std::string& text) {
  const auto error = in_time([&](auto done) { asio::async_write(socket_, asio::buffer(text), done); });
  return error ? fault("cannot write to", error) : std::string();
}

std::string target::read_more() {
  std::array<char, 16384> part{};
  std::size_t length = 0;
  const auto error = in_time([&](auto done) {
    socket_.async_read_some(asio::buffer(part), [&length, done](const error_code& how, std::size_t count) mutable {
      length = count;
      done(how);
    });
  });
  if (error) return fault("cannot read from", error);
  unread_.append(part.data(), length);
  return {};
}

std::optional<std::vector<std::string>> target::run(const std::vector<std::string>& commands, std::string& why) {
  std::vector<std::string> answers;
  for (std::size_t next = 0; next < commands.size();) {
    std::string batch;
    std::size_t awaited = 0;
    while (next < commands.size() && (batch.empty() || batch.size() + commands[next].size() < batch_bytes)) {
      batch += commands[next++] + "\n";
      ++awaited;
    }
    if (why = write(batch); !why.empty()) return {};
    for (std::size_t searched = 0; awaited > 0;) {
      const auto end = unread_.find(prompt_, searched);
      if (end != std::string::npos) {
        answers.push_back(unread_.substr(0, end));
        unread_.erase(0, end + prompt_.size());
        searched = 0;
        --awaited;
        continue;
      }
      // A prompt may be cut in two by the next read.
      searched = unread_.size() - std::min(unread_.size(), prompt_.size());
      if (why = read_more(); !why.empty()) return {};
    }
  }
  return answers;
}

}  // namespace drcon::haproxy
