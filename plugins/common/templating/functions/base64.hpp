// Base64, as Go's encoding/base64 has it.
//
// Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace drcon::templating {

enum class base64_alphabet { standard, for_urls };

std::string encode_base64(std::string_view bytes, base64_alphabet alphabet = base64_alphabet::standard);

/// Line ends are skipped, padding is asked for, what is behind it is refused: nothing then, and `wrong_at` is the byte.
std::optional<std::string> decode_base64(std::string_view text, base64_alphabet alphabet = base64_alphabet::standard,
                                         std::size_t* wrong_at = nullptr);

}  // namespace drcon::templating
