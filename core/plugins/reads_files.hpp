// Which sinks read files as long as they run, such as templates: their schema says so of the option that names the file
// ("reads": "always").
//
// Thread rule: a pure function.
#pragma once

#include "plugins/library.hpp"

namespace drcon::plugins {

/// Whether a sink of this plugin reads files as long as it runs.
bool sink_reads_files(const plugin& which);

}  // namespace drcon::plugins
