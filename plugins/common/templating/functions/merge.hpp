// Maps put into one another, as the Go library mergo does.
//
// Thread rule: the thread that renders.
#pragma once

#include "common/templating/invocation.hpp"

namespace drcon::templating {

enum class merging {
  fills,      // what the first map does not have, or has empty, comes from the second
  overrides,  // what the second map has counts
};

/// Changes the first map, if the template has made it, and returns it, or a copy that was changed. Maps in both are
/// merged; of null values of the second, only `overrides` takes note.
value merge_maps(invocation& in, const value& first, const value& second, merging how);

}  // namespace drcon::templating
