// The first configuration for what was found, and what remains to be done by hand before traffic flows.
//
// Pure functions but for the rights of directories, which are looked up.
#pragma once

#include "init/found.hpp"
#include "init/runner.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace drcon::init {

/// Something that drcon has no right to do, or that only its owner can decide.
struct step {
  std::string why;                 ///< one sentence
  std::vector<std::string> lines;  ///< commands, or lines to paste, as they are; may be empty
};

struct first_configuration {
  std::string toml;
  std::vector<step> steps;
};

/// A part of the packaged service's configuration.
inline constexpr auto service_file = "/etc/drcon/pipelines.d/first.toml";

/// What the configuration connects, or nothing when there is no source or nowhere to write to: consul or docker to
/// nginx or haproxy, or docker to consul where there is no load balancer. `file`: where it will be written.
std::optional<first_configuration> configuration_for(const machine& found, const runner& user,
                                                     const std::filesystem::path& file);

}  // namespace drcon::init
