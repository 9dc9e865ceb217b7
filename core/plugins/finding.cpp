#include "plugins/finding.hpp"

#include "config/text.hpp"

namespace drcon::plugins {
namespace {

// A line that a person reads; the text of an agent's answer may be in it.
constexpr std::size_t longest = 1000;

}  // namespace

const char* to_string(finding_state state) {
  switch (state) {
    case finding_state::ok: return "ok";
    case finding_state::warning: return "warning";
    case finding_state::failed: break;
  }
  return "failed";
}

std::string text_of(const finding& found) {
  return found.what + (found.advice.empty() ? "" : "; to do: ") + found.advice;
}

const std::vector<finding_code>& finding_codes() {
  static const std::vector<finding_code> all{
      {"other", "Something that has no code of its own."},
      {"reachable", "Whether the other side answers."},
      {"rights", "Whether the other side lets drcon do what it has to do: tokens, levels, groups."},
      {"connections", "Whether the other side takes as many connections as are needed."},
      {"version", "Whether the version of the other side will do, and is one that the plugin was tested with."},
      {"program", "Whether a program that the plugin runs is there."},
      {"process", "Whether the process that is to be signalled is the right one, and may be signalled."},
      {"readable", "Whether a file that the plugin reads can be read."},
      {"writable", "Whether a file that the plugin writes can be written."},
      {"included", "Whether the target reads what the plugin writes."},
      {"parts", "Whether what is named is there: services, backends, keys."},
      {"owner", "Whether another drcon, or another sink, has the same target."},
      {"asks-service", "A service that a sink asks for; drcon check compares it with the sources."},
      {"asks-key", "A key that a sink asks for; drcon check compares it with the sources."},
      {"asks-keys", "A beginning of keys that a sink asks for; drcon check compares it with the sources."},
      {"create", "Whether the plugin takes its options."},
      {"probe", "Whether the plugin could be asked at all."},
  };
  return all;
}

finding finding_of(std::uint32_t subject, std::uint32_t state, std::string_view what, std::string_view advice) {
  const auto known = state == DRCON_PROBE_OK       ? finding_state::ok
                     : state == DRCON_PROBE_FAILED ? finding_state::failed
                                                   : finding_state::warning;
  const auto number = subject <= DRCON_PROBE_ASKS_KEYS ? subject : DRCON_PROBE_OTHER;
  return {.code = std::string(finding_codes()[number].code),
          .state = known,
          .what = config::printable(what, longest),
          .advice = config::printable(advice, longest)};
}

std::uint32_t number_of(std::string_view code) {
  for (std::uint32_t i = 0; i <= DRCON_PROBE_ASKS_KEYS; ++i)
    if (finding_codes()[i].code == code) return i;
  return DRCON_PROBE_OTHER;
}

std::uint32_t number_of(finding_state state) {
  switch (state) {
    case finding_state::ok: return DRCON_PROBE_OK;
    case finding_state::warning: return DRCON_PROBE_WARNING;
    case finding_state::failed: break;
  }
  return DRCON_PROBE_FAILED;
}

const drcon_probe* probe_ability(const drcon_plugin& entry) {
  if (entry.ability == nullptr) return nullptr;
  try {
    return static_cast<const drcon_probe*>(entry.ability(DRCON_PROBE));
  } catch (...) {  // it must not throw; one that does has no ability
    return nullptr;
  }
}

}  // namespace drcon::plugins
