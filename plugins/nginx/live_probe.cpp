#include "nginx/live_probe.hpp"

#include "common/atomic_file.hpp"
#include "nginx/live_channel.hpp"
#include "nginx/live_needs.hpp"

namespace drcon::nginx {

// Without it drcon works all the same, by file and reload: nothing here is more than a warning.
void probe_live(const live_layout& live, const std::string& file, const probing& into) {
  if (const auto why = why_not_live(live); !why.empty())
    return into.warning(probed::readable, "mode \"live\" is not possible: " + why + "; changes go by file and reload",
                        "correct that; it is tried again by itself");
  std::string why;
  const auto bytes = common::read_file(file, why);
  // The first change shows whether nginx takes it: to ask nginx -t for it would change the file.
  if (!bytes || !is_include(*bytes))
    return into.warning(probed::parts, "changes go by file and reload now: " + file + " is not that of mode \"live\"",
                        "look at drcon status for the reason, or start drcon, whose first change writes it");
  const auto found = live_channel(live.socket).state();
  if (found.status == 200)
    return into.ok(probed::reachable, "nginx takes servers without a reload: it has version " +
                                          std::to_string(found.state->version) + ", and " +
                                          std::to_string(found.state->free / 1024) + " of the " +
                                          std::to_string(found.state->capacity / 1024) + " KiB of its dict are free");
  into.warning(probed::reachable, "nginx takes no servers without a reload on " + live.socket + ": " + found.why,
               "look into nginx's error log; drcon reloads nginx for each change meanwhile");
}

}  // namespace drcon::nginx
