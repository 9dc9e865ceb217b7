// sprig: texts encoded, and their checksums.
#include "common/templating/functions/base64.hpp"
#include "common/templating/functions/digest.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/parameter_lists.hpp"

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

value call_sha1(invocation& in, arguments all) { return hexadecimal_digest(in, all[0].text(), EVP_sha1()); }
value call_sha256(invocation& in, arguments all) { return hexadecimal_digest(in, all[0].text(), EVP_sha256()); }
value call_sha512(invocation& in, arguments all) { return hexadecimal_digest(in, all[0].text(), EVP_sha512()); }

value call_adler32(invocation& in, arguments all) {
  in.spend(all[0].size() / 16 + 1);
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const char c : all[0].text()) {
    low = (low + static_cast<unsigned char>(c)) % 65521;
    high = (high + low) % 65521;
  }
  return in.text(std::to_string(high << 16U | low));
}

value call_b64enc(invocation& in, arguments all) { return in.text(encode_base64(all[0].text())); }
// What is no base64 becomes the message, as by sprig.
value call_b64dec(invocation& in, arguments all) {
  std::size_t wrong_at = 0;
  const auto result = decode_base64(all[0].text(), base64_alphabet::standard, &wrong_at);
  return in.text(result ? *result : "illegal base64 data at input byte " + std::to_string(wrong_at));
}

constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

value call_b32enc(invocation& in, arguments all) {
  const auto text = all[0].text();
  std::string result;
  for (std::size_t i = 0; i < text.size(); i += 5) {
    std::uint64_t bits = 0;
    for (std::size_t n = 0; n < 5; ++n)
      bits = bits << 8U | (i + n < text.size() ? static_cast<unsigned char>(text[i + n]) : 0U);
    const auto bytes = std::min<std::size_t>(5, text.size() - i);
    const auto used = (bytes * 8 + 4) / 5;
    for (std::size_t n = 0; n < 8; ++n) result += n < used ? base32[(bits >> (35 - 5 * n)) & 31U] : '=';
  }
  return in.text(result);
}

// Groups of eight, the last of which is padded; line ends are skipped. What is wrong becomes the message.
std::string decoded_base32(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (c != '\n' && c != '\r') plain += c;
  const auto refuse = [](std::size_t place) { return "illegal base32 data at input byte " + std::to_string(place); };
  std::string result;
  std::size_t place = 0;
  for (bool is_last = false; place < plain.size() && !is_last;) {
    std::uint64_t bits = 0;
    std::size_t used = 0;
    for (; used < 8; ++used) {
      if (place == plain.size()) return refuse(plain.size() - used);
      const char c = plain[place++];
      const auto rest = plain.size() - place;
      if (c == '=' && used >= 2 && rest < 8) {
        if (rest + used < 7) return refuse(plain.size());
        for (std::size_t k = 0; k + used < 7; ++k)
          if (k < rest && plain[place + k] != '=') return refuse(place + k - 1);
        // 3 and 6 digits are no whole bytes.
        if (used == 3 || used == 6) return refuse(place - 1);
        is_last = true;
        break;
      }
      const auto digit = base32.find(c);
      if (digit == std::string_view::npos) return refuse(place - 1);
      bits |= static_cast<std::uint64_t>(digit) << (35 - 5 * used);
    }
    for (std::size_t n = 0; n < used * 5 / 8; ++n) result += static_cast<char>(bits >> (32 - 8 * n) & 0xffU);
  }
  return result;
}
value call_b32dec(invocation& in, arguments all) { return in.text(decoded_base32(all[0].text())); }

constexpr function digest_table[] = {
    {"sprig_adler32sum", expects::text, false, call_adler32, "TEXT", "Adler-32, in decimal"},
    {"sprig_b32dec", expects::text, false, call_b32dec, "TEXT", "what the base32 says"},
    {"sprig_b32enc", expects::text, false, call_b32enc, "TEXT", "as base32"},
    {"sprig_b64dec", expects::text, false, call_b64dec, "TEXT", "what the base64 says"},
    {"sprig_b64enc", expects::text, false, call_b64enc, "TEXT", "as base64"},
    {"sprig_sha1sum", expects::text, false, call_sha1, "TEXT", "SHA-1, in hexadecimal; not for secrets"},
    {"sprig_sha256sum", expects::text, false, call_sha256, "TEXT", "SHA-256, in hexadecimal"},
    {"sprig_sha512sum", expects::text, false, call_sha512, "TEXT", "SHA-512, in hexadecimal"},
};

}  // namespace

std::span<const function> digest_functions() { return digest_table; }

}  // namespace drcon::templating::sprig
