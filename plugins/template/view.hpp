// What mustache templates see of the services: views of the services themselves.
//
// Thread rule: as for templating::value; the services must outlive the rendering. The plugin's README lists the names.
#pragma once

#include "common/templating/value.hpp"
#include "template/item.hpp"

#include <drcon/model.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace drcon::templates {

/// All that one rendering is about.
struct subject {
  const std::vector<service>& services;
  std::string sink;
  std::uint64_t revision = 0;
  const item* each = nullptr;  ///< what it is rendered for, where that is one of many
};

/// The names that stand at the top. `of` must outlive the value.
templating::value view_of(const subject& of);

}  // namespace drcon::templates
