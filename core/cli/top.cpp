// drcon top: the status, live, and below it the newest of the journal.
#include "cli/admin_answer.hpp"
#include "cli/admin_client.hpp"
#include "cli/operator_verbs.hpp"
#include "cli/terminal_text.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/signal_set.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <deque>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

namespace drcon::cli {
namespace {

namespace asio = boost::asio;

// Switches the terminal to its alternate screen, and reads keys without a newline; restores both at the end.
class screen {
public:
  screen() {
    ::tcgetattr(STDIN_FILENO, &before_);
    auto raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    std::cout << "\x1b[?1049h\x1b[?25l" << std::flush;
  }
  ~screen() {
    std::cout << "\x1b[?25h\x1b[?1049l" << std::flush;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  static void render(const std::string& text) {
    winsize size{};
    ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    const int rows = size.ws_row > 1 ? size.ws_row : 24;
    const std::size_t columns = size.ws_col > 0 ? size.ws_col : 80;
    std::cout << "\x1b[H";
    std::istringstream lines(text);
    std::string line;
    for (int row = 0; row + 1 < rows && std::getline(lines, line); ++row) {
      if (line.size() > columns) line.resize(columns);  // of bytes: never too wide
      std::cout << line << "\x1b[K\n";
    }
    std::cout << "\x1b[J" << std::flush;
  }

private:
  termios before_{};
};

class live_view {
public:
  bool take(const server_event& event) {
    if (event.name == "state") status_ = format_status(event.data);
    if (event.name == "journal") newest_.push_back(format_entry(event.data));
    while (newest_.size() > most_entries) newest_.pop_front();
    if (event.number != 0) last_ = event.number;
    note_.clear();
    render();
    return !ended_;
  }
  void lost(const std::string& why) {
    note_ = "NOT LIVE: " + why;
    last_ = 0;
    render();
  }
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  std::uint64_t last() const { return last_; }

private:
  void render() const {
    std::string text = note_.empty() ? "" : note_ + "\n";
    text += status_ + "\n";
    for (const auto& each : newest_) text += each + "\n";
    screen::render(text);
  }
  static constexpr std::size_t most_entries = 15;
  std::string status_;
  std::string note_;
  std::deque<std::string> newest_;
  std::uint64_t last_ = 0;
  bool ended_ = false;
};

// q, Ctrl-C and SIGTERM end it.
struct ending {
  ending(asio::io_context& context, live_view& view)
      : context(context),
        view(view),
        keys(context, ::open("/dev/tty", O_RDONLY | O_CLOEXEC)),
        signals(context, SIGINT, SIGTERM) {
    signals.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) end();
    });
    read();
  }
  void read() {
    keys.async_read_some(asio::buffer(&key, 1), [this](const boost::system::error_code& error, std::size_t) {
      if (error) return;
      if (key == 'q') end();
      else read();
    });
  }
  void end() {
    view.end();
    context.stop();
  }
  asio::io_context& context;
  live_view& view;
  asio::posix::stream_descriptor keys;
  asio::signal_set signals;
  char key = 0;
};

int show(admin_client client) {
  client.ask("GET", "/healthz");
  const screen own;
  live_view view;
  while (!view.ended()) {
    try {
      client.follow(
          target_of({"v1", "events"}, {{"after", std::to_string(view.last())}}),
          [&](const server_event& event) { return view.take(event); },
          [&](asio::io_context& context) { return std::make_shared<ending>(context, view); });
    } catch (const no_answer& error) {
      view.lost(error.what());
      // The terminal's own Ctrl-C ends it in here.
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
  }
  return exit_ok;
}

}  // namespace

int top(const arguments& options) {
  if (options.json || ::isatty(STDOUT_FILENO) == 0 || ::isatty(STDIN_FILENO) == 0) return status(options);
  return guarded(options, [&] { return show(admin_client(options)); });
}

}  // namespace drcon::cli
