// Digests of texts, as templates write them.
#pragma once

#include "common/templating/invocation.hpp"

#include <openssl/evp.h>

#include <span>
#include <string>
#include <string_view>

namespace drcon::templating {

/// In lower-case letters.
std::string hexadecimal(std::span<const unsigned char> bytes);

/// The digest of the text by this method, as hexadecimal(); its cost is counted. Throws failure when OpenSSL refuses.
value hexadecimal_digest(invocation& in, std::string_view text, const EVP_MD* method);

/// HMAC-SHA256. Throws failure when OpenSSL refuses.
void make_hmac(std::string_view key, std::string_view text, std::span<unsigned char, 32> into);

}  // namespace drcon::templating
