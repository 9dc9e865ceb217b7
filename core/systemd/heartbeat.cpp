#include "systemd/heartbeat.hpp"

#include "base/count_of.hpp"
#include "base/printed.hpp"
#include "report/verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace drcon::systemd {
namespace {

using namespace std::chrono_literals;

constexpr auto until_ready = 20ms;           // readiness is what others wait for
constexpr std::size_t longest_status = 400;  // a line, not a report

bool is_there() { return std::getenv("NOTIFY_SOCKET") != nullptr; }

void send(const std::string& what) { ::sd_notify(0, what.c_str()); }

}  // namespace

void heartbeat::start() {
  if (!is_there()) return;
  std::uint64_t watchdog = 0;  // microseconds
  interval_ = 1s;              // how old the status line may be
  if (::sd_watchdog_enabled(0, &watchdog) > 0)
    interval_ = std::min<std::chrono::nanoseconds>(interval_, std::chrono::microseconds(watchdog) / 3);
  beat();
}

void heartbeat::beat() {
  std::string what = "WATCHDOG=1\n";
  if (!ready_ && engine_.begun()) {
    ready_ = true;
    what += "READY=1\n";
  }
  if (auto now = status(); now != sent_) {
    what += "STATUS=" + now + "\n";
    sent_ = std::move(now);
  }
  send(what);
  timer_.after(ready_ ? interval_ : std::min<std::chrono::nanoseconds>(interval_, until_ready), [this] { beat(); });
}

// "2 pipelines: in sync", and what needs attention.
std::string heartbeat::status() const {
  auto text = base::count_of(engine_.pipeline_count(), "pipeline") + ": ";
  auto lines = report::unsettled(engine_);
  const bool up_to_date = engine_.settled() && lines.empty();
  if (up_to_date) lines = report::caveats(engine_);
  if (up_to_date) lines.insert(lines.begin(), to_words(lines.empty() ? report::verdict::ok : report::verdict::caveats));
  else if (lines.empty()) lines.emplace_back(to_words(report::verdict_of(engine_)));
  for (auto& each : lines) each = base::without_printed(each, base::text_kind::plain);  // any user may ask systemd
  text += fmt::format("{}", fmt::join(lines, "; "));
  std::ranges::replace(text, '\n', ' ');  // a line feed would end the line in the protocol
  if (text.size() <= longest_status) return text;
  auto end = longest_status;
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // never within a character of UTF-8
  return text.substr(0, end) + "…";
}

// Type=notify-reload needs the time when the reload began, to know its READY=1 from an earlier one.
void heartbeat::reloading() {
  if (!is_there()) return;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1000000LL + now.tv_nsec / 1000));
}

void heartbeat::reloaded() {
  if (!is_there()) return;
  sent_.clear();
  ready_ = true;
  send("READY=1");
  beat();
}

void heartbeat::stopping() {
  timer_.cancel();
  if (is_there()) send("STOPPING=1");
}

}  // namespace drcon::systemd
