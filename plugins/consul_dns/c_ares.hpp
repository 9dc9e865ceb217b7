// c-ares in the two forms that distributions have: Debian 12's 1.18 takes and gives messages as bytes; 1.34 has
// records, and the functions that take bytes are deprecated. The one place that knows the difference.
//
// Thread rule: a channel is used by one thread at a time, as c-ares asks for.
#pragma once

#include "consul_dns/received_messages.hpp"

#include <ares.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace drcon::consul_dns {

/// A query of class IN for one name, with the given id, and with EDNS when `payload` is not 0; nothing when the name
/// cannot be asked for.
std::optional<std::vector<unsigned char>> create_ares_query(const std::string& name, int type, std::uint16_t id,
                                                            int payload);

/// The outcome of a question: ARES_SUCCESS and the message as it was received, or another status and no bytes.
using ares_answer_handler = void (*)(void* argument, int status, std::span<const unsigned char> message);

/// Has the messages that a channel receives put into `received`, which outlives the channel. Called before the first
/// question. Does nothing where c-ares hands on what it received.
void record_messages(ares_channel channel, received_messages& received);

/// Sends the query. `handler` is called exactly once, perhaps before this returns. `received` is this channel's.
void send_ares_query(ares_channel channel, const std::vector<unsigned char>& query, received_messages& received,
                     ares_answer_handler handler, void* argument);

/// Turns off what newer versions do by themselves, by adding to the options and to their mask. From 1.31 on c-ares
/// keeps answers for as long as their TTL, so that asking again would find out nothing; and it waits 5 s at most,
/// whatever time-out is set. It still waits for less than that, down to 250 ms, where earlier answers came quickly: see
/// reply::too_early.
void turn_off_ares_defaults(ares_options& options, int& mask);

}  // namespace drcon::consul_dns
