#include "common/templating/functions/base64.hpp"

#include <cstdint>

namespace drcon::templating {
namespace {

std::string_view digits_of(base64_alphabet alphabet) {
  return alphabet == base64_alphabet::standard ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                                               : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}

}  // namespace

std::string encode_base64(std::string_view bytes, base64_alphabet alphabet) {
  const auto digits = digits_of(alphabet);
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t place) {
      return place < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[place])) : 0U;
    };
    const auto bits = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    for (std::size_t n = 0; n < 4; ++n) result += i + n > bytes.size() ? '=' : digits[(bits >> (18 - 6 * n)) & 0x3f];
  }
  return result;
}

std::optional<std::string> decode_base64(std::string_view text, base64_alphabet alphabet, std::size_t* wrong_at) {
  const auto digits = digits_of(alphabet);
  const auto refuse = [&](std::size_t place) -> std::optional<std::string> {
    if (wrong_at != nullptr) *wrong_at = place;
    return {};
  };
  std::string result;
  std::uint32_t bits = 0;
  std::size_t count = 0;
  std::size_t i = 0;
  const auto skip_line_ends = [&] {
    while (i < text.size() && (text[i] == '\n' || text[i] == '\r')) ++i;
  };
  for (skip_line_ends(); i < text.size(); skip_line_ends()) {
    if (text[i] == '=') break;
    const auto digit = digits.find(text[i]);
    if (digit == std::string_view::npos) return refuse(i);
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    ++i;
    if (++count % 4 == 0)
      for (const auto shift : {16U, 8U, 0U}) result += static_cast<char>((bits >> shift) & 0xff);
  }
  const auto open = count % 4;
  if (i == text.size()) return open != 0 ? refuse(i - open) : std::optional(result);
  if (open < 2) return refuse(i);
  for (auto padding = 4 - open; padding > 0; --padding) {
    skip_line_ends();
    if (i == text.size()) return refuse(text.size());
    if (text[i] != '=') return refuse(i - 1);
    ++i;
  }
  skip_line_ends();
  if (i < text.size()) return refuse(i);
  bits <<= 6 * (4 - open);
  result += static_cast<char>((bits >> 16U) & 0xff);
  if (open == 3) result += static_cast<char>((bits >> 8U) & 0xff);
  return result;
}

}  // namespace drcon::templating
