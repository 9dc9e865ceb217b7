#include "admin/dashboard.hpp"

#include "admin/dashboard_parts.hpp"

#include <openssl/evp.h>

#include <array>

namespace drcon::admin {
namespace {

// As a Content-Security-Policy names what may run: 'sha256-BASE64'.
std::string hash_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> base64{};
  const auto size = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(length));
  return "'sha256-" + std::string(reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(size)) + "'";
}

void put(std::string& page, std::string_view name, std::string_view part) {
  page.replace(page.find(name), name.size(), part);
}

answer make() {
  answer page{.status = 200, .type = "text/html; charset=utf-8", .body = std::string(page_html), .headers = {}};
  put(page.body, "/*CSS*/", page_css);
  put(page.body, "/*JS*/", page_js);
  page.headers.emplace_back("Content-Security-Policy", "default-src 'none'; script-src " + hash_of(page_js) +
                                                           "; style-src " + hash_of(page_css) +
                                                           "; connect-src 'self'; img-src data:; base-uri 'none'; "
                                                           "form-action 'self'; frame-ancestors 'none'");
  page.headers.emplace_back("Referrer-Policy", "no-referrer");
  return page;
}

}  // namespace

const answer& dashboard() {
  static const auto page = make();
  return page;
}

}  // namespace drcon::admin
