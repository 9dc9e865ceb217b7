// sprig: passwords that are derived from a master password, and texts that were encrypted with a password. Both depend
// on nothing but their arguments.
#include "common/templating/functions/base64.hpp"
#include "common/templating/functions/digest.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// --- derivePassword: the algorithm of Master Password

// What a password of that type may look like: each letter stands for the characters of a class.
struct password_type {
  std::string_view name;
  std::span<const std::string_view> shapes;
};
constexpr std::string_view maximum[] = {"anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"};
constexpr std::string_view long_shapes[] = {
    "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno",
    "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno",
    "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno",
    "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno"};
constexpr std::string_view medium[] = {"CvcnoCvc", "CvcCvcno"};
constexpr std::string_view short_shapes[] = {"Cvcn"};
constexpr std::string_view basic[] = {"aaanaaan", "aannaaan", "aaannaaa"};
constexpr std::string_view pin[] = {"nnnn"};
constexpr password_type password_types[] = {{"maximum", maximum},    {"long", long_shapes}, {"medium", medium},
                                            {"short", short_shapes}, {"basic", basic},      {"pin", pin}};

std::string_view characters_of(char each) {
  switch (each) {
    case 'C': return "BCDFGHJKLMNPQRSTVWXYZ";
    case 'v': return "aeiou";
    case 'c': return "bcdfghjklmnpqrstvwxyz";
    case 'a': return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    case 'n': return "0123456789";
    case 'o': return "@&%?,=[]_:-+*$#!'^~;()/.";
    default: return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()";
  }
}

std::string big_endian(std::uint32_t number) {
  std::string result;
  for (const auto shift : {24U, 16U, 8U, 0U}) result += static_cast<char>(number >> shift & 0xffU);
  return result;
}

// What a salt and a seed begin with: the algorithm's name, and a text with its length.
std::string named(std::string_view text) {
  return "com.lyndir.masterpassword" + big_endian(static_cast<std::uint32_t>(text.size())) + std::string(text);
}

// A key on the stack, which is not left behind there.
template <std::size_t Size>
struct key_bytes : std::array<unsigned char, Size> {
  key_bytes() { this->fill(0); }
  key_bytes(const key_bytes&) = delete;
  key_bytes& operator=(const key_bytes&) = delete;
  ~key_bytes() { OPENSSL_cleanse(this->data(), Size); }
};

// The work that is meant to be slow: 32 MiB, and a tenth of a second or more.
void make_master_key(std::string_view password, std::string_view user, key_bytes<64>& key) {
  constexpr std::uint64_t rounds = 32768;
  constexpr std::uint64_t block = 8;
  constexpr std::uint64_t lanes = 2;
  constexpr std::uint64_t most_memory = std::uint64_t{64} << 20U;
  const auto salt = named(user);
  if (EVP_PBE_scrypt(password.data(), password.size(), bytes_of(salt), salt.size(), rounds, block, lanes, most_memory,
                     key.data(), key.size()) != 1)
    throw failure("this system's OpenSSL does not derive the key");
}

value call_derive_password(invocation& in, arguments all) {
  const auto* type = std::ranges::find(password_types, all[1].text(), &password_type::name);
  if (type == std::end(password_types)) return in.text("cannot find password template " + std::string(all[1].text()));
  // As much as what else takes that long, so that a loop over many ends at the limit.
  in.spend(1'000'000);
  key_bytes<64> key;
  make_master_key(all[2].text(), all[3].text(), key);
  const auto message = named(all[4].text()) + big_endian(static_cast<std::uint32_t>(all[0].natural()));
  key_bytes<32> seed;
  make_hmac({reinterpret_cast<const char*>(key.data()), key.size()}, message, seed);
  std::string result;
  for (const char each : type->shapes[seed[0] % type->shapes.size()]) {
    const auto choice = characters_of(each);
    result += choice[seed[result.size() + 1] % choice.size()];
  }
  return in.text(result);
}

// --- decryptAES: AES-256 in CBC mode, behind 16 bytes that it began with

constexpr std::size_t block_size = 16;

std::string decrypted(std::string_view key, std::string_view start, std::string_view text) {
  if (text.size() > INT_MAX) throw failure("the text is too long to be decrypted");
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                EVP_CIPHER_CTX_free);
  std::string result(text.size() + block_size, '\0');
  auto* output = reinterpret_cast<unsigned char*>(result.data());
  int written = 0;
  int more = 0;
  // The padding is cut off as sprig does it, which asks less of it than OpenSSL.
  if (context == nullptr ||
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, bytes_of(key), bytes_of(start)) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_DecryptUpdate(context.get(), output, &written, bytes_of(text), static_cast<int>(text.size())) != 1 ||
      EVP_DecryptFinal_ex(context.get(), output + written, &more) != 1)
    throw failure("this system's OpenSSL does not decrypt the text");
  result.resize(static_cast<std::size_t>(written) + static_cast<std::size_t>(more));
  return result;
}

// What is too short or not padded fails in the words of Go's runtime, as it does there.
value call_decrypt_aes(invocation& in, arguments all) {
  const auto encoded = all[1].text();
  if (encoded.empty()) return value(std::string_view());
  in.spend(encoded.size() / 16 + 1);
  std::size_t wrong_at = 0;
  const auto bytes = decode_base64(encoded, base64_alphabet::standard, &wrong_at);
  if (!bytes) throw failure("illegal base64 data at input byte " + std::to_string(wrong_at));
  const std::string beyond = "runtime error: slice bounds out of range ";
  const auto room = encoded.size() / 4 * 3;
  if (room < block_size) throw failure(beyond + "[:16] with capacity " + std::to_string(room));
  if (bytes->size() < block_size) throw failure(beyond + "[16:" + std::to_string(bytes->size()) + "]");
  const auto text = std::string_view(*bytes).substr(block_size);
  if (text.size() % block_size != 0) throw failure("crypto/cipher: input not full blocks");
  if (text.empty()) throw failure("runtime error: index out of range [-1]");
  // A shorter password is filled up with zeros, a longer one is cut.
  std::string key(all[0].text().substr(0, 32));
  key.resize(32);
  auto result = decrypted(key, std::string_view(*bytes).substr(0, block_size), text);
  OPENSSL_cleanse(key.data(), key.size());
  const std::size_t padding = static_cast<unsigned char>(result.back());
  if (padding > result.size()) throw failure(beyond + "[:-" + std::to_string(padding - result.size()) + "]");
  result.resize(result.size() - padding);
  return in.text(result);
}

constexpr function secret_table[] = {
    {"sprig_decryptAES", expects::two_texts, false, call_decrypt_aes, "PASSWORD TEXT",
     "what was encrypted by sprig's encryptAES, in base64"},
    {"sprig_derivePassword", expects::number_and_texts, false, call_derive_password, "COUNTER TYPE PASSWORD USER SITE",
     "the site's password by Master Password: of type maximum, long, medium, short, basic or pin"},
};

}  // namespace

std::span<const function> secret_functions() { return secret_table; }

}  // namespace drcon::templating::sprig
