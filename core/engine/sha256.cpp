#include "engine/sha256.hpp"

#include <openssl/evp.h>

#include <array>

namespace drcon::engine {

struct sha256_of_pieces::context {
  context() : digest(EVP_MD_CTX_new()), works(digest && EVP_DigestInit_ex(digest, EVP_sha256(), nullptr) == 1) {}
  ~context() { EVP_MD_CTX_free(digest); }
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  EVP_MD_CTX* const digest;
  bool works;
};

sha256_of_pieces::sha256_of_pieces() : context_(std::make_unique<context>()) {}
sha256_of_pieces::~sha256_of_pieces() = default;

void sha256_of_pieces::add(std::string_view piece) {
  context_->works = context_->works && EVP_DigestUpdate(context_->digest, piece.data(), piece.size()) == 1;
}

std::string sha256_of_pieces::hexadecimal() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (!context_->works || EVP_DigestFinal_ex(context_->digest, digest.data(), &length) != 1) return {};
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += digits[digest[i] >> 4U];
    hex += digits[digest[i] & 15U];
  }
  return hex;
}

std::string sha256(std::string_view text) {
  sha256_of_pieces digest;
  digest.add(text);
  return digest.hexadecimal();
}

}  // namespace drcon::engine
