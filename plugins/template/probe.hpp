// Whether a template sink will work: see drcon/probe.hpp.
//
// No command is run. Thread rule: any.
#pragma once

#include "template/apply.hpp"

#include <drcon/probe.hpp>

namespace drcon::templates {

void probe_files(const apply_settings& options, const probing& into);

}  // namespace drcon::templates
