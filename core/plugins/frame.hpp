// The frames between drcon and a plugin that runs in a process of its own: how they look, and how they are sent.
//
// A frame is its length (4 bytes), its type (1 byte) and its fields, one after the other, without names or padding:
// numbers have 8 bytes in the machine's order, texts their length and then their bytes. Both ends are the same program
// on the same machine, so there is no version; but the plugin's end may have any bug, so a reader trusts nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace drcon::plugins {

enum class frame : std::uint8_t {
  // to the plugin's process
  create = 1,  ///< kind, file, name, log level, options as CBOR (RFC 8949)
  start,
  apply,   ///< ticket, reconcile, knows applied, revision, the services that differ from the last apply or render
  render,  ///< as apply
  stop,
  log_level,  ///< level, from now on
  // from it
  created,       ///< result
  started,       ///< result
  rendered_all,  ///< result
  stopped,
  misbehaved,  ///< how
  log,         ///< level, text
  status,      ///< state, text
  metric,      ///< kind, name, help, value, count of labels, key and value of each
  failed,      ///< pointer, why
  publish,     ///< a service
  withdraw,    ///< name
  ready,
  unknown,   ///< name, why
  done,      ///< ticket, result, why
  rendered,  ///< target, wanted, is live known, live
  refused,   ///< service, endpoint, why
};

/// The bytes from the other end are no frames.
class frame_fault : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

class frame_writer {
public:
  explicit frame_writer(frame type);
  frame_writer& number(std::uint64_t value);
  frame_writer& real(double value);
  frame_writer& text(std::string_view value);
  /// The whole frame.
  std::string take();

private:
  std::string bytes_;
};

/// Reads the fields of a frame; throws frame_fault when there are not as many.
class frame_reader {
public:
  explicit frame_reader(std::string_view bytes);
  frame type() const { return type_; }
  std::uint64_t number();
  double real();
  std::string_view text();  ///< borrowed from the frame
  /// A number of things that follow, each of at least a byte: one that cannot be is found before memory is taken.
  std::size_t count();

private:
  std::string_view take(std::size_t size);
  std::string_view rest_;
  frame type_;
};

/// One end of the socket pair. Thread rule: send() from any thread, wait() and next() from one.
class frame_channel {
public:
  /// Owns `socket`.
  explicit frame_channel(int socket) : socket_(socket) {}
  ~frame_channel();
  frame_channel(const frame_channel&) = delete;
  frame_channel& operator=(const frame_channel&) = delete;

  /// False when the other end is gone or takes nothing any more.
  bool send(const std::string& frame);
  /// Waits until next() has something to say; false when the time is up.
  bool wait(std::chrono::milliseconds at_most) const;
  /// The next frame without its length, valid until the next call; nothing at the end. Throws frame_fault.
  std::optional<std::string_view> next();
  /// Ends the conversation: the other end, and next(), find its end.
  void hang_up();

private:
  std::optional<std::string_view> buffered();

  const int socket_;
  std::mutex sending_;  // guards the order of what is sent
  std::string buffer_;
  std::size_t consumed_ = 0;
};

}  // namespace drcon::plugins
