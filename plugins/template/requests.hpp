// What a template asks for by a name that stands in it: `drcon check` compares that with what the sources publish.
//
// Pure functions.
#pragma once

#include "template/form.hpp"

#include <drcon/probe.hpp>

#include <string>
#include <vector>

namespace drcon::templates {

struct request {
  asked what = asked::service;
  std::string name;
  bool is_needed = false;  ///< without it the file stays as it is, whatever the data are
  std::string why;         ///< where it is asked for, and what to add
};

/// In order of place. A name that is computed, or comes from the environment, is not known before there are data.
std::vector<request> requests_of(const form& of);

}  // namespace drcon::templates
