// What each fuzzer is: a function that takes any bytes, and one that knows a good input.
//
// The same sources make a libFuzzer program where clang builds them (the preset "fuzz"), and one with the small driver
// of driver.cpp elsewhere; both take libFuzzer's command line.
// Thread rule: one thread.
#pragma once

#include <string_view>

namespace drcon::fuzz {

/// Does with the input what the product does with bytes from outside, and calls broken() when a promise is broken.
void try_input(std::string_view input);

/// Whether the product takes the input for a good one. Each file of the corpus must be one: mutations of rubbish would
/// find nothing.
bool is_sound(std::string_view input);

/// Reports the broken promise, and ends the process so that the input is kept or its seed known.
[[noreturn]] void broken(std::string_view promise, std::string_view details = {});

}  // namespace drcon::fuzz
