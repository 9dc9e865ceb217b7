// Tells systemd how we are (sd_notify); without systemd it does nothing.
#pragma once

#include <string>

namespace drcon::systemd {

void ready(const std::string& status);
void reloading();
void stopping();

}  // namespace drcon::systemd
