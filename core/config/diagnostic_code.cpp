#include "config/diagnostic_code.hpp"

#include <cstddef>

namespace drcon::config {

const std::vector<described_code>& all_codes() {
  static const std::vector<described_code> all{
      {"file", "A file of the configuration cannot be read, includes itself, or has no pipeline."},
      {"syntax", "A file is not valid TOML, or has a value where a table belongs."},
      {"unknown-key", "There is no such key or section."},
      {"missing-key", "A key that must be there is missing."},
      {"value", "A value has the wrong type or form, is out of its range, or does not fit another value."},
      {"secret", "A secret cannot be read, or is not what its option needs."},
      {"renamed", "A key has another name in this version, or is no more."},
      {"new-meaning", "A key means more in this version than in an earlier one: confirm which you want."},
      {"name", "A name of a source, sink or pipeline cannot be one, or is there twice."},
      {"unknown-name", "A pipeline names a source or sink that is not there."},
      {"unused", "No pipeline uses this source or sink."},
      {"unknown-plugin", "There is no such plugin, or it is a source where a sink is needed, or the other way round."},
      {"plugin-schema", "The schema of a plugin's options is broken: its author has to correct it."},
      {"plugin", "A plugin refuses its options, for what its schema cannot judge."},
      {"target", "Two sinks have one target, or a target is a file that is needed for something else."},
      {"unwatched", "A sink asks for a service or key that no source of its pipelines can publish."},
      {"at-start-only", "A changed value is read when drcon starts, so that the old one stays in effect."},
      {"reload", "A reload ends a pause, or takes a pipeline away whose endpoints its sink loses."},
  };
  return all;
}

std::string_view to_string(code of) { return all_codes().at(static_cast<std::size_t>(of)).word; }

}  // namespace drcon::config
