// Functions that encode a text, or make a digest of it.
#include "common/templating/functions/base64.hpp"
#include "common/templating/functions/digest.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

std::string decoded(std::string_view text, base64_alphabet alphabet, std::string_view name) {
  std::size_t wrong_at = 0;
  auto result = decode_base64(text, alphabet, &wrong_at);
  if (!result) throw failure(std::string(name) + ": illegal base64 data at input byte " + std::to_string(wrong_at));
  return std::move(*result);
}

value call_base64_encode(invocation& in, arguments all) { return in.text(encode_base64(all[0].text())); }
value call_base64_url_encode(invocation& in, arguments all) {
  return in.text(encode_base64(all[0].text(), base64_alphabet::for_urls));
}
value call_base64_decode(invocation& in, arguments all) {
  return in.text(decoded(all[0].text(), base64_alphabet::standard, "base64Decode"));
}
value call_base64_url_decode(invocation& in, arguments all) {
  return in.text(decoded(all[0].text(), base64_alphabet::for_urls, "base64URLDecode"));
}

value call_sha256(invocation& in, arguments all) { return hexadecimal_digest(in, all[0].text(), EVP_sha256()); }
value call_md5(invocation& in, arguments all) { return hexadecimal_digest(in, all[0].text(), EVP_md5()); }

value call_hmac(invocation& in, arguments all) {
  const auto message = all[0].text();
  in.spend(message.size() / 16 + 1);
  std::array<unsigned char, 32> bytes{};
  make_hmac(all[1].text(), message, bytes);
  return in.text(hexadecimal(bytes));
}

constexpr function digest_table[] = {
    {"base64Decode", expects::text, false, call_base64_decode, "TEXT", "what the base64 says"},
    {"base64Encode", expects::text, false, call_base64_encode, "TEXT", "as base64"},
    {"base64URLDecode", expects::text, false, call_base64_url_decode, "TEXT", "what the base64 of a URL says"},
    {"base64URLEncode", expects::text, false, call_base64_url_encode, "TEXT", "as base64 that may stand in a URL"},
    {"hmacSHA256Hex", expects::two_texts, false, call_hmac, "TEXT KEY", "HMAC-SHA256, in hexadecimal"},
    {"md5sum", expects::text, false, call_md5, "TEXT", "MD5, in hexadecimal; not for secrets"},
    {"sha256Hex", expects::text, false, call_sha256, "TEXT", "SHA-256, in hexadecimal"},
};

}  // namespace

std::span<const function> digest_functions() { return digest_table; }

}  // namespace drcon::templating
