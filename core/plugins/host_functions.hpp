// The functions of the host that a plugin in this process calls.
//
// Thread rule: any thread; each call goes through the gate of its instance.
#pragma once

#include <drcon/plugin.h>

namespace drcon::plugins {

const drcon_host& host_functions();

}  // namespace drcon::plugins
