#include "plugins/frame.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace drcon::plugins {
namespace {

constexpr std::size_t header_size = 4;

}  // namespace

frame_writer::frame_writer(frame type) : bytes_(header_size, '\0') { bytes_ += static_cast<char>(type); }

frame_writer& frame_writer::number(std::uint64_t value) {
  std::array<char, sizeof value> raw{};
  std::memcpy(raw.data(), &value, raw.size());
  bytes_.append(raw.data(), raw.size());
  return *this;
}

frame_writer& frame_writer::real(double value) {
  std::uint64_t raw = 0;
  std::memcpy(&raw, &value, sizeof raw);
  return number(raw);
}

frame_writer& frame_writer::text(std::string_view value) {
  number(value.size());
  bytes_ += value;
  return *this;
}

std::string frame_writer::take() {
  const auto size = static_cast<std::uint32_t>(bytes_.size() - header_size);
  std::memcpy(bytes_.data(), &size, sizeof size);
  return std::move(bytes_);
}

frame_reader::frame_reader(std::string_view bytes) : rest_(bytes), type_(static_cast<frame>(take(1)[0])) {}

std::string_view frame_reader::take(std::size_t size) {
  if (size > rest_.size()) throw frame_fault("a frame ends before its fields do");
  const auto taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint64_t frame_reader::number() {
  std::uint64_t value = 0;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}

double frame_reader::real() {
  const auto raw = number();
  double value = 0;
  std::memcpy(&value, &raw, sizeof value);
  return value;
}

std::string_view frame_reader::text() { return take(number()); }

std::size_t frame_reader::count() {
  const auto value = number();
  if (value > rest_.size()) throw frame_fault("a frame counts more things than it holds");
  return value;
}

frame_channel::~frame_channel() { ::close(socket_); }

bool frame_channel::send(const std::string& frame) {
  const std::lock_guard lock(sending_);
  for (std::size_t sent = 0; sent < frame.size();) {
    const auto count = ::send(socket_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

bool frame_channel::wait(std::chrono::milliseconds at_most) const {
  pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
  return ::poll(&ready, 1, static_cast<int>(at_most.count())) > 0;
}

// The next whole frame that has been received, if there is one.
std::optional<std::string_view> frame_channel::buffered() {
  const auto rest = std::string_view(buffer_).substr(consumed_);
  if (rest.size() < header_size) return {};
  std::uint32_t size = 0;
  std::memcpy(&size, rest.data(), sizeof size);
  if (size == 0 || size > largest_) throw frame_fault("a frame of " + std::to_string(size) + " bytes");
  if (rest.size() - header_size < size) return {};
  consumed_ += header_size + size;
  return rest.substr(header_size, size);
}

std::optional<std::string_view> frame_channel::next() {
  for (;;) {
    if (auto found = buffered()) return found;
    if (!receive()) return {};
  }
}

bool frame_channel::receive() {
  buffer_.erase(0, std::exchange(consumed_, 0));
  for (;;) {
    std::array<char, std::size_t{64} * 1024> part;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
    const auto count = ::recv(socket_, part.data(), part.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    buffer_.append(part.data(), static_cast<std::size_t>(count));
    return true;
  }
}

void frame_channel::hang_up() { ::shutdown(socket_, SHUT_RDWR); }

}  // namespace drcon::plugins
