#include "common/templating/functions/digest.hpp"

#include <openssl/hmac.h>

#include <array>

namespace drcon::templating {

std::string hexadecimal(std::span<const unsigned char> bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (const auto each : bytes) {
    result += digits[each >> 4U];
    result += digits[each & 0xfU];
  }
  return result;
}

value hexadecimal_digest(invocation& in, std::string_view text, const EVP_MD* method) {
  in.spend(text.size() / 16 + 1);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, method, nullptr) != 1)
    throw failure("this system's OpenSSL does not offer the digest");
  return in.text(hexadecimal(std::span(bytes).first(size)));
}

void make_hmac(std::string_view key, std::string_view text, std::span<unsigned char, 32> into) {
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), into.data(), &size) == nullptr)
    throw failure("this system's OpenSSL does not offer the digest");
}

}  // namespace drcon::templating
