// From SRV records and the addresses of their targets to the endpoints of a service.
//
// Pure functions.
#pragma once

#include "consul_dns/message.hpp"
#include "consul_dns/settings.hpp"

#include <drcon/model.hpp>

#include <map>
#include <string>
#include <vector>

namespace drcon::consul_dns {

/// Target's name -> its address. IPv4 goes before IPv6 where both are known.
using address_book = std::map<std::string, std::string>;

void add_addresses(const std::vector<address_record>& records, address_book& book);

/// Targets of the answer that the book does not have.
std::vector<std::string> unresolved(const std::vector<srv_record>& records, const address_book& book);

/// The endpoints of all targets that the book has, ordered by id, the same in whichever order the records come.
std::vector<endpoint> endpoints_of(std::vector<srv_record> records, const address_book& book,
                                   const watched_service& of);

/// The smallest TTL of the answer, in seconds.
std::uint32_t ttl_of(const message& answer);

}  // namespace drcon::consul_dns
