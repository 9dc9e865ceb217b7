// A DNS message (RFC 1035, 2782, 3596) as this source reads it.
//
// Pure functions. The bytes are not trusted: anybody may have sent them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace drcon::consul_dns {

enum class record_type : std::uint16_t {
  a = 1,
  name_server = 2,
  alias = 5,
  authority = 6,
  aaaa = 28,
  srv = 33,
  edns = 41
};

enum class response_code : std::uint8_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  no_such_name = 3,
  not_implemented = 4,
  refused = 5
};

struct srv_record {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;  ///< lower case, no dot at the end; empty: the root, "decidedly not available here"
  std::uint32_t ttl = 0;

  auto operator<=>(const srv_record&) const = default;
};

struct address_record {
  std::string name;  ///< lower case, no dot at the end
  std::string address;
  std::uint32_t ttl = 0;
};

struct alias_record {
  std::string name;    ///< lower case, no dot at the end
  std::string target;  ///< likewise
};

struct message {
  response_code code = response_code::no_error;
  bool authoritative = false;
  bool truncated = false;
  bool edns = false;                      ///< the server knows EDNS, so that it may send more than 512 bytes over UDP
  bool referral = false;                  ///< names other servers instead of saying that there is nothing
  std::vector<srv_record> services;       ///< of the answer section
  std::vector<alias_record> aliases;      ///< of the answer section
  std::vector<address_record> answers;    ///< addresses of the answer section
  std::vector<address_record> alongside;  ///< addresses of the additional section: of anybody
};

/// The message, or nothing when it is incomplete or malformed.
std::optional<message> read_message(std::span<const unsigned char> bytes);

/// The addresses that the message gives as its answer for `name`, through aliases. Addresses that merely came
/// alongside, such as those of name servers, are not among them.
std::vector<address_record> addresses_of(const message& answer, const std::string& name);

/// A query for one name, with an id that nobody can guess, and with EDNS when `payload` is not 0; nothing when the name
/// cannot be asked for.
std::optional<std::vector<unsigned char>> make_query(const std::string& name, record_type type, int payload);

}  // namespace drcon::consul_dns
