// The fewest and narrowest watches of drcon's sources that cover all that templates ask for.
//
// Thread rule: values, and pure functions.
#pragma once

#include "import/asks.hpp"

#include <string>
#include <vector>

namespace drcon::importing {

struct service_watch {
  choice which;  // the pattern ".*": the whole catalogue
  std::vector<std::string> tags;
  health least = health::passing;
  std::string datacenter;
  std::vector<std::string> reasons;  // which calls of which templates
};

struct key_watch {
  std::string path;
  bool is_prefix = false;
  bool is_one_level = false;
  bool is_computed = false;
  std::string datacenter;
  bool may_be_missing = false;
  std::string as;  // the name to publish it under, where its own could be that of something else
  std::vector<std::string> reasons;
};

struct watches {
  std::vector<std::string> details;
  std::vector<service_watch> services;
  std::vector<key_watch> keys;
};

/// Each in order of datacenter and name.
watches smallest(const asks& of);

/// Two datacenters that have what a template does not distinguish, as faults.
void report_overlaps(const watches& all, report& found);

}  // namespace drcon::importing
