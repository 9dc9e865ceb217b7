#include "consul_dns/c_ares.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace drcon::consul_dns {
namespace {

constexpr int internet = 1;  // the class IN

#if ARES_VERSION >= 0x012200

struct free_record {
  void operator()(ares_dns_record_t* record) const { ares_dns_record_destroy(record); }
};
using owned_record = std::unique_ptr<ares_dns_record_t, free_record>;

std::optional<std::vector<unsigned char>> bytes_of(const ares_dns_record_t* record) {
  unsigned char* raw = nullptr;
  std::size_t length = 0;
  if (record == nullptr || ares_dns_write(record, &raw, &length) != ARES_SUCCESS) return {};
  std::vector<unsigned char> bytes(raw, raw + length);
  ares_free_string(raw);
  return bytes;
}

bool add_edns(ares_dns_record_t* record, std::uint16_t payload) {
  ares_dns_rr_t* option = nullptr;
  return ares_dns_record_rr_add(&option, record, ARES_SECTION_ADDITIONAL, "", ARES_REC_TYPE_OPT, ARES_CLASS_IN, 0) ==
             ARES_SUCCESS &&
         ares_dns_rr_set_u16(option, ARES_RR_OPT_UDP_SIZE, payload) == ARES_SUCCESS &&
         ares_dns_rr_set_u8(option, ARES_RR_OPT_VERSION, 0) == ARES_SUCCESS &&
         ares_dns_rr_set_u16(option, ARES_RR_OPT_FLAGS, 0) == ARES_SUCCESS;
}

// What c-ares carries to its callback, which frees it.
struct waiting {
  ares_answer_handler handler;
  void* argument;
  received_messages* received;
};

void answered(void* argument, ares_status_t status, std::size_t /*timeouts*/, const ares_dns_record_t* record) {
  const std::unique_ptr<waiting> held(static_cast<waiting*>(argument));
  const auto bytes = status == ARES_SUCCESS ? held->received->take(ares_dns_record_get_id(record)) : std::nullopt;
  if (bytes) held->handler(held->argument, ARES_SUCCESS, *bytes);
  else held->handler(held->argument, status == ARES_SUCCESS ? ARES_EBADRESP : status, {});
}

// The system's own socket functions, with a look at what is received. c-ares takes all of them or none.

ares_socket_t open_socket(int domain, int type, int protocol, void* /*received*/) {
  return ::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

int close_socket(ares_socket_t socket, void* received) {
  static_cast<received_messages*>(received)->forget(socket);
  return ::close(socket);
}

// No option that c-ares may ask for is in use here; ENOSYS says that it is left as it is.
int set_no_option(ares_socket_t /*socket*/, ares_socket_opt_t /*option*/, const void* /*value*/,
                  ares_socklen_t /*size*/, void* /*received*/) {
  errno = ENOSYS;
  return -1;
}

int connect_socket(ares_socket_t socket, const sockaddr* address, ares_socklen_t size, unsigned int /*flags*/,
                   void* /*received*/) {
  return ::connect(socket, address, size);
}

bool is_stream(ares_socket_t socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

ares_ssize_t receive(ares_socket_t socket, void* buffer, std::size_t length, int flags, sockaddr* address,
                     ares_socklen_t* address_size, void* received) {
  const auto count = ::recvfrom(socket, buffer, length, flags, address, address_size);
  if (count <= 0) return count;
  const std::span bytes(static_cast<const unsigned char*>(buffer), static_cast<std::size_t>(count));
  auto& messages = *static_cast<received_messages*>(received);
  if (is_stream(socket)) messages.add_stream(socket, bytes);
  else messages.add_datagram(bytes);
  return count;
}

ares_ssize_t send_bytes(ares_socket_t socket, const void* buffer, std::size_t length, int flags,
                        const sockaddr* address, ares_socklen_t address_size, void* /*received*/) {
  return ::sendto(socket, buffer, length, flags | MSG_NOSIGNAL, address, address_size);
}

int local_address(ares_socket_t socket, sockaddr* address, ares_socklen_t* size, void* /*received*/) {
  return ::getsockname(socket, address, size);
}

#else

// What c-ares carries to its callback, which frees it.
struct waiting {
  ares_answer_handler handler;
  void* argument;
};

void answered(void* argument, int status, int /*timeouts*/, unsigned char* bytes, int length) {
  const std::unique_ptr<waiting> held(static_cast<waiting*>(argument));
  const bool any = status == ARES_SUCCESS && bytes != nullptr && length > 0;
  held->handler(
      held->argument, status,
      any ? std::span<const unsigned char>(bytes, static_cast<std::size_t>(length)) : std::span<const unsigned char>());
}

#endif

}  // namespace

#if ARES_VERSION >= 0x012200

std::optional<std::vector<unsigned char>> create_ares_query(const std::string& name, int type, std::uint16_t id,
                                                            int payload) {
  ares_dns_record_t* raw = nullptr;
  if (ares_dns_record_create(&raw, id, ARES_FLAG_RD, ARES_OPCODE_QUERY, ARES_RCODE_NOERROR) != ARES_SUCCESS) return {};
  const owned_record record(raw);
  if (ares_dns_record_query_add(raw, name.c_str(), static_cast<ares_dns_rec_type_t>(type),
                                static_cast<ares_dns_class_t>(internet)) != ARES_SUCCESS)
    return {};
  if (payload > 0 && !add_edns(raw, static_cast<std::uint16_t>(payload))) return {};
  return bytes_of(raw);
}

void record_messages(ares_channel channel, received_messages& received) {
  ares_socket_functions_ex functions{};
  functions.version = 1;
  functions.flags = ARES_SOCKFUNC_FLAG_NONBLOCKING;
  functions.asocket = open_socket;
  functions.aclose = close_socket;
  functions.asetsockopt = set_no_option;
  functions.aconnect = connect_socket;
  functions.arecvfrom = receive;
  functions.asendto = send_bytes;
  functions.agetsockname = local_address;
  // Refused only for a missing function. Were it refused, no message would be known, and no answer accepted.
  static_cast<void>(ares_set_socket_functions_ex(channel, &functions, &received));
}

void send_ares_query(ares_channel channel, const std::vector<unsigned char>& query, received_messages& received,
                     ares_answer_handler handler, void* argument) {
  ares_dns_record_t* raw = nullptr;
  if (const auto status = ares_dns_parse(query.data(), query.size(), 0, &raw); status != ARES_SUCCESS) {
    handler(argument, status, {});
    return;
  }
  const owned_record record(raw);
  // The status is reported to the callback too.
  static_cast<void>(ares_send_dnsrec(channel, raw, answered, new waiting{handler, argument, &received}, nullptr));
}

#else

std::optional<std::vector<unsigned char>> create_ares_query(const std::string& name, int type, std::uint16_t id,
                                                            int payload) {
  unsigned char* raw = nullptr;
  int length = 0;
  if (ares_create_query(name.c_str(), internet, type, id, 1, &raw, &length, payload) != ARES_SUCCESS) return {};
  std::vector<unsigned char> bytes(raw, raw + length);
  ares_free_string(raw);
  return bytes;
}

void record_messages(ares_channel /*channel*/, received_messages& /*received*/) {}

void send_ares_query(ares_channel channel, const std::vector<unsigned char>& query, received_messages& /*received*/,
                     ares_answer_handler handler, void* argument) {
  ares_send(channel, query.data(), static_cast<int>(query.size()), answered, new waiting{handler, argument});
}

#endif

void turn_off_ares_defaults([[maybe_unused]] ares_options& options, [[maybe_unused]] int& mask) {
#ifdef ARES_OPT_QUERY_CACHE
  options.qcache_max_ttl = 0;
  mask |= ARES_OPT_QUERY_CACHE;
#endif
#ifdef ARES_OPT_MAXTIMEOUTMS
  options.maxtimeout = options.timeout;
  mask |= ARES_OPT_MAXTIMEOUTMS;
#endif
}

}  // namespace drcon::consul_dns
