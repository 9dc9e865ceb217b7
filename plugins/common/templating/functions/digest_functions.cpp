// Functions that encode a text, or make a digest of it.
#include "common/templating/functions/functions.hpp"
#include "common/templating/invocation.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view for_urls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encoded(std::string_view text, std::string_view alphabet) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])) : 0U;
    };
    const auto bits = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    for (std::size_t n = 0; n < 4; ++n) result += i + n > text.size() ? '=' : alphabet[(bits >> (18 - 6 * n)) & 0x3f];
  }
  return result;
}

// As Go: line ends are skipped, padding is asked for, what is behind it is refused. The fault names the byte.
std::string decoded(std::string_view text, std::string_view alphabet, std::string_view name) {
  const auto refuse = [&](std::size_t place) {
    throw failure(std::string(name) + ": illegal base64 data at input byte " + std::to_string(place));
  };
  std::string result;
  std::uint32_t bits = 0;
  std::size_t digits = 0;
  std::size_t i = 0;
  const auto skip_line_ends = [&] {
    while (i < text.size() && (text[i] == '\n' || text[i] == '\r')) ++i;
  };
  for (skip_line_ends(); i < text.size(); skip_line_ends()) {
    if (text[i] == '=') break;
    const auto digit = alphabet.find(text[i]);
    if (digit == std::string_view::npos) refuse(i);
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    ++i;
    if (++digits % 4 == 0)
      for (const auto shift : {16U, 8U, 0U}) result += static_cast<char>((bits >> shift) & 0xff);
  }
  const auto open = digits % 4;
  if (i == text.size()) {
    if (open != 0) refuse(i - open);
    return result;
  }
  if (open < 2) refuse(i);
  for (auto padding = 4 - open; padding > 0; --padding) {
    skip_line_ends();
    if (i == text.size()) refuse(text.size());
    if (text[i] != '=') refuse(i);
    ++i;
  }
  skip_line_ends();
  if (i < text.size()) refuse(i);
  bits <<= 6 * (4 - open);
  result += static_cast<char>((bits >> 16U) & 0xff);
  if (open == 3) result += static_cast<char>((bits >> 8U) & 0xff);
  return result;
}

value call_base64_encode(invocation& in, arguments all) { return in.text(encoded(all[0].text(), standard)); }
value call_base64_url_encode(invocation& in, arguments all) { return in.text(encoded(all[0].text(), for_urls)); }
value call_base64_decode(invocation& in, arguments all) {
  return in.text(decoded(all[0].text(), standard, "base64Decode"));
}
value call_base64_url_decode(invocation& in, arguments all) {
  return in.text(decoded(all[0].text(), for_urls, "base64URLDecode"));
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (const auto each : bytes) {
    result += digits[each >> 4U];
    result += digits[each & 0xfU];
  }
  return result;
}

value digest(invocation& in, std::string_view text, const EVP_MD* method) {
  in.spend(text.size() / 16 + 1);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, method, nullptr) != 1)
    throw failure("this system's OpenSSL does not offer the digest");
  return in.text(hexadecimal(std::span(bytes).first(size)));
}

value call_sha256(invocation& in, arguments all) { return digest(in, all[0].text(), EVP_sha256()); }
value call_md5(invocation& in, arguments all) { return digest(in, all[0].text(), EVP_md5()); }

value call_hmac(invocation& in, arguments all) {
  const auto message = all[0].text();
  const auto key = all[1].text();
  in.spend(message.size() / 16 + 1);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), bytes.data(), &size) == nullptr)
    throw failure("this system's OpenSSL does not offer the digest");
  return in.text(hexadecimal(std::span(bytes).first(size)));
}

constexpr parameter text[] = {takes::text};
constexpr parameter two_texts[] = {takes::text, takes::text};

constexpr function all_functions[] = {
    {"base64Decode", text, false, call_base64_decode, "TEXT", "what the base64 says"},
    {"base64Encode", text, false, call_base64_encode, "TEXT", "as base64"},
    {"base64URLDecode", text, false, call_base64_url_decode, "TEXT", "what the base64 of a URL says"},
    {"base64URLEncode", text, false, call_base64_url_encode, "TEXT", "as base64 that may stand in a URL"},
    {"hmacSHA256Hex", two_texts, false, call_hmac, "TEXT KEY", "HMAC-SHA256, in hexadecimal"},
    {"md5sum", text, false, call_md5, "TEXT", "MD5, in hexadecimal; not for secrets"},
    {"sha256Hex", text, false, call_sha256, "TEXT", "SHA-256, in hexadecimal"},
};

}  // namespace

std::span<const function> digest_functions() { return all_functions; }

}  // namespace drcon::templating
