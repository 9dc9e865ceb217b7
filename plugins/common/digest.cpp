#include "common/digest.hpp"

#include <openssl/evp.h>

#include <array>

namespace drcon::common {
namespace {

std::string hash_of(std::string_view text, const EVP_MD* method) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> whole{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), whole.data(), &length, method, nullptr);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += digits[whole.at(i) >> 4U];
    hex += digits[whole.at(i) & 15U];
  }
  return hex;
}

}  // namespace

std::string digest(std::string_view text) {
  constexpr std::size_t digits = 16;
  return hash_of(text, EVP_sha256()).substr(0, digits);
}

std::string sha1(std::string_view text) { return hash_of(text, EVP_sha1()); }

}  // namespace drcon::common
