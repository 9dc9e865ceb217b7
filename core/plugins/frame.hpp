// The frames between drcon and a plugin that runs in a process of its own: their layout, and the channel they use.
//
// A frame is its length (4 bytes), its type (1 byte) and its fields, one after the other, without names or padding:
// numbers have 8 bytes in the machine's order, texts have their length and then their bytes. Both ends are the same
// program on the same machine, so there is no version; but the plugin's end may have any bug, so a reader trusts no
// length and no count.
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
  // From drcon to the plugin's process.
  create = 1,  ///< kind, file, name, file of the configuration, log level, options as CBOR (RFC 8949)
  start,
  apply,   ///< ticket, reconcile, knows applied, revision, the services that differ from the last apply or render
  render,  ///< as apply
  stop,
  log_level,  ///< level, from now on
  // From the plugin's process to drcon.
  created,       ///< result
  started,       ///< result
  rendered_all,  ///< result
  stopped,
  misbehaved,  ///< how
  log,         ///< level, text
  status,      ///< state, text
  metric,      ///< kind, name, help, value, count of labels, key and value of each
  failed,      ///< JSON Pointer of the option, why
  publish,     ///< a service
  withdraw,    ///< name
  ready,
  unknown,   ///< name, why
  done,      ///< ticket, result, why
  rendered,  ///< target, wanted, is live known, live
  refused,   ///< service, endpoint, why
  // Of a probe: from drcon, and what comes back.
  probe,   ///< time-out in nanoseconds, process id, whether to say what the sink asks for instead
  found,   ///< subject, state, what, advice
  probed,  ///< whether the plugin can look
  // From the plugin's process to drcon.
  names_unknown,  ///< part, pattern, why
  names_known,    ///< part
};

/// The bytes from the other end are not frames, or a frame lacks fields.
class frame_fault : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Builds one frame. Thread rule: one thread.
class frame_writer {
public:
  explicit frame_writer(frame type);
  frame_writer& number(std::uint64_t value);
  frame_writer& real(double value);
  frame_writer& text(std::string_view value);
  /// The whole frame, with its length. The writer is of no use after that.
  std::string take();

private:
  std::string bytes_;
};

/// Reads the fields of a frame in their order; throws frame_fault when there are fewer. Borrows the bytes, which must
/// outlive it and all texts that it returned. Thread rule: one thread.
class frame_reader {
public:
  /// `bytes` is a frame without its length. Throws frame_fault when there is no type.
  explicit frame_reader(std::string_view bytes);
  frame type() const { return type_; }
  std::uint64_t number();
  double real();
  std::string_view text();
  /// How many things follow. Each has at least a byte, so a number that the frame cannot hold is a fault before memory
  /// is reserved for them.
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
  /// A frame longer than `largest` is a fault before memory is taken for it.
  explicit frame_channel(int socket, std::size_t largest = largest_frame) : socket_(socket), largest_(largest) {}
  ~frame_channel();
  frame_channel(const frame_channel&) = delete;
  frame_channel& operator=(const frame_channel&) = delete;

  /// False when the other end is gone, or has taken nothing for the time-out of the socket.
  bool send(const std::string& frame);
  /// A service of a million endpoints fits. A longer frame can only be a wrong length.
  static constexpr std::size_t largest_frame = std::size_t{512} * 1024 * 1024;

  /// Waits until there are bytes to receive; false when the time is up.
  bool wait(std::chrono::milliseconds at_most) const;
  /// Receives what is there, part of a frame perhaps, and waits for no more: a process that stops within a frame holds
  /// up nobody who looks after it. False when the other end has closed.
  bool receive();
  /// The next frame that was received whole, as next() returns it; nothing when there is none.
  std::optional<std::string_view> buffered();
  /// The next frame without its length, valid until the next call; nothing when the other end has closed. Throws
  /// frame_fault.
  std::optional<std::string_view> next();
  /// Shuts the connection down: the other end reads its end, and so does next().
  void hang_up();

private:
  const int socket_;
  const std::size_t largest_;
  std::mutex sending_;        // held while a frame is sent, so that frames of several threads are not mixed
  std::string buffer_;        // received; of the reading thread
  std::size_t consumed_ = 0;  // how much of the buffer next() has returned
};

}  // namespace drcon::plugins
