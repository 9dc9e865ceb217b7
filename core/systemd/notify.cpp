#include "systemd/notify.hpp"

#include <systemd/sd-daemon.h>

#include <ctime>

namespace drcon::systemd {

void ready(const std::string& status) { ::sd_notify(0, ("READY=1\nSTATUS=" + status).c_str()); }

// Type=notify-reload wants to know when the reload began, to tell its READY=1 from an earlier one.
void reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
  ::sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds)).c_str());
}

void stopping() { ::sd_notify(0, "STOPPING=1"); }

}  // namespace drcon::systemd
