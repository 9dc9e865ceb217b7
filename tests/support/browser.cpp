#include "support/browser.hpp"

#include "support/process.hpp"

#include <stdexcept>
#include <string>

namespace drcon::test {

std::filesystem::path browser_modules() {
  const std::string modules = DRCON_DASHBOARD_MODULES;
  const auto source = std::string(DRCON_SOURCE_ROOT) + "/tests/dashboard";
  // All of it under the lock: a test that compared a file while another copied it would install once more, and take the
  // modules away from those that use them.
  const auto script = "mkdir -p " + modules + " && cd " + modules + " && exec 9>lock && flock 9 && { cmp -s " + source +
                      "/package-lock.json installed || { cp " + source +
                      "/package*.json . && npm ci --ignore-scripts && cp package-lock.json installed; }; }";
  const auto installed = run({"/bin/sh", "-c", script}, {}, std::chrono::seconds(150));
  if (installed.code != 0) throw std::runtime_error("npm ci fails:\n" + installed.out + installed.err);
  return modules;
}

}  // namespace drcon::test
