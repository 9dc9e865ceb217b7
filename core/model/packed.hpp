// The endpoints of a service in one block of memory, laid out as the C boundary requires.
//
// Thread rule: a pure function.
#pragma once

#include <drcon/model.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace drcon::model {

struct packed {
  std::unique_ptr<std::byte[]> block;  ///< holds all that the others point to, but for the texts of the values
  const drcon_endpoint* endpoints = nullptr;
  const drcon_pair* values = nullptr;
};

/// Keeps the order of the endpoints. What many endpoints have in common, such as tags, metadata and the names of nodes,
/// is there once. The texts of `values` are borrowed.
packed pack(const std::vector<endpoint>& endpoints, const std::map<std::string, std::string>& values);

}  // namespace drcon::model
