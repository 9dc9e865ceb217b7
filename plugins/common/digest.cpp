#include "common/digest.hpp"

#include <openssl/evp.h>

#include <array>

namespace drcon::common {

std::string digest(std::string_view text) {
  constexpr std::size_t bytes = 8;
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> whole{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), whole.data(), &length, EVP_sha256(), nullptr);
  std::string hex;
  for (std::size_t i = 0; i < bytes; ++i) {
    hex += digits[whole.at(i) >> 4U];
    hex += digits[whole.at(i) & 15U];
  }
  return hex;
}

}  // namespace drcon::common
