// The text of a .state file, made piece by piece: that of a hundred thousand endpoints is some twenty megabytes, which
// must not be in memory a second time, let alone as a tree of JSON values, each time that one of them changes.
//
// Thread rule: pure functions; `put` is called within them.
#pragma once

#include "engine/state_file.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace drcon::engine {

/// Takes the next piece, which is valid during the call. False ends the writing.
using take_piece = std::function<bool(std::string_view piece)>;

/// The first line, without the checksum, which comes behind it and ends the line.
inline constexpr std::string_view state_heading = "drcon-state 1 sha256 ";
/// The same of one that is outdated, which differs in one byte. Earlier versions do not use a file with that.
inline constexpr std::string_view outdated_heading = "drcon-stale 1 sha256 ";
inline constexpr std::size_t state_checksum_size = 64;

/// Small parts of it, as JSON text.
std::string json_of(std::string_view text);
std::string json_of(const asked_for& asked);
std::string json_of(const kept_brake_memory& brake);
/// Whole milliseconds since the epoch, so that what was read is written as it was.
std::int64_t to_milliseconds(std::chrono::system_clock::time_point when);

/// Gives the JSON that the checksum is made of to `put`. False when that wanted no more.
bool write_state_body(const saved_state& state, const take_piece& put);

}  // namespace drcon::engine
