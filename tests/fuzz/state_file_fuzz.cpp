// Any bytes as a file of the state directory, as they are and as the content of a .state file whose checksum is right.
// What is read must be written again as something that reads the same.
#include "engine/state_file.hpp"
#include "fuzz/fuzzer.hpp"
#include "model/snapshot.hpp"

#include <openssl/evp.h>

#include <array>
#include <string>

namespace drcon::fuzz {
namespace {

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) broken("SHA-256 works");
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4U];
    hex += "0123456789abcdef"[digest[i] & 15U];
  }
  return hex;
}

std::string with_checksum(std::string_view body) {
  return "drcon-state 1 sha256 " + sha256(body) + "\n" + std::string(body) + "\n";
}

bool reads(const std::string& text) {
  const auto read = engine::parse_state(text);
  if (!read) {
    if (read.error().why.empty()) broken("a file that cannot be read is refused with a reason");
    return false;
  }
  if (!read->snapshot) broken("a snapshot that was read is never null");
  for (const auto& service : read->snapshot->services())
    for (const auto each : service->endpoints())
      if (each.health() > health::maintenance) broken("an endpoint has a health that there is");
  const auto written = engine::serialise(*read->snapshot, read->asked, read->brake, read->decided);
  const auto again = engine::parse_state(written);
  if (!again) broken("what was written can be read", again.error().why);
  if (engine::serialise(*again->snapshot, again->asked, again->brake, again->decided) != written)
    broken("what was read twice is the same", written);
  return true;
}

void read_pause(const std::string& text) {
  const auto mark = engine::parse_pause(text);
  const auto again = engine::parse_pause(engine::serialise(mark));
  if (again.why != mark.why) broken("the reason of a pause survives", mark.why);
}

}  // namespace

bool is_sound(std::string_view input) { return reads(with_checksum(input)) || input.find("\"why\"") != input.npos; }

void try_input(std::string_view input) {
  reads(std::string(input));
  reads(with_checksum(input));
  read_pause(std::string(input));
}

}  // namespace drcon::fuzz
