// What an answer to a question is worth: a whole truth, "there is nothing", or a fault of a kind that has a name.
//
// Pure functions.
#pragma once

#include "consul_dns/message.hpp"

#include <cstddef>
#include <string>

namespace drcon::consul_dns {

struct verdict {
  enum class kind {
    records,  ///< there are some, as far as the message tells
    absent,   ///< no such name, or no such record, from somebody who may say so
    fault     ///< nothing can be concluded; another server may do better
  };
  kind is = kind::fault;
  std::string why;  ///< of a fault
};

/// `need_authority`: only an authoritative message may say that there is nothing.
verdict judge(const message& answer, std::size_t bytes, record_type asked, bool need_authority);

/// Whether a message that came over TCP may have been cut without a word, as Consul does at 64 KiB and at 1,024
/// records.
bool may_be_cut(std::size_t records, std::size_t bytes);

}  // namespace drcon::consul_dns
