// [pipeline.NAME] filter = { … }: which of the sources' endpoints the pipeline takes.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace drcon::config {

template <class Config>
struct option_group;

/// Every condition that is given must hold.
struct filter_config {
  std::string service;                      ///< regular expression for the whole name; empty: any
  std::vector<std::string> tags;            ///< all of these
  std::vector<std::string> without_tags;    ///< none of these
  std::map<std::string, std::string> meta;  ///< all of these, with these values
  std::vector<std::string> health;          ///< one of these; empty: any
  std::vector<std::string> datacenter;      ///< one of these; empty: any
  bool operator==(const filter_config&) const = default;
};

const option_group<filter_config>& filter_options();

}  // namespace drcon::config
