// What an answer means: records, "there is nothing", or a fault with its reason.
//
// Pure functions.
#pragma once

#include "consul_dns/message.hpp"

#include <cstddef>
#include <string>

namespace drcon::consul_dns {

struct verdict {
  enum class kind {
    records,  ///< there are some, and nothing in the message says that some are missing
    absent,   ///< no such name, or no such record, from a server with the right to say so
    fault     ///< nothing can be concluded; another server may have a better answer
  };
  kind is = kind::fault;
  std::string why;        ///< describes a fault
  bool is_final = false;  ///< a fault that asking the same server again does not change
};

/// `need_authority`: only an authoritative message may say that there is nothing.
verdict judge(const message& answer, std::size_t bytes, record_type asked, bool need_authority);

/// Whether a message that came over TCP may have been cut without TC set, as Consul does at 64 KiB and at 1,024
/// records.
bool may_be_cut(std::size_t records, std::size_t bytes);

}  // namespace drcon::consul_dns
