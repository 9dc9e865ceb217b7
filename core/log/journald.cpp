#include "log/journald.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>

namespace drcon::log {

bool is_journal() {
  const char* const given = std::getenv("JOURNAL_STREAM");
  struct stat here {};
  return given != nullptr && ::fstat(STDERR_FILENO, &here) == 0 &&
         fmt::format("{}:{}", here.st_dev, here.st_ino) == given;
}

std::array<std::string, 6> journal_fields(level which, const base::subject& about, std::string_view text) {
  static constexpr std::array priorities{LOG_DEBUG, LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};
  const auto component = to_string(about);
  return {fmt::format("MESSAGE=[{}] {}", component, text),
          fmt::format("PRIORITY={}", priorities.at(static_cast<std::size_t>(which))),
          "SYSLOG_IDENTIFIER=drcon",
          "DRCON_COMPONENT=" + component,
          std::string("DRCON_KIND=") + to_string(about.kind),
          "DRCON_NAME=" + about.name};
}

bool write_to_journal(level which, const base::subject& about, std::string_view text) {
  auto fields = journal_fields(which, about, text);
  std::array<iovec, 6> parts{};
  for (std::size_t i = 0; i < fields.size(); ++i) parts[i] = {fields[i].data(), fields[i].size()};
  return ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

}  // namespace drcon::log
