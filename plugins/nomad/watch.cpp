#include "nomad/watch.hpp"

#include "common/count_of.hpp"
#include "nomad/answer.hpp"

#include <drcon/url.hpp>

#include <utility>

namespace drcon::nomad {
namespace {

common::registry_access access_of(const settings& from) {
  return {.server = from.server,
          .headers = token_headers(from.token),
          .index_header = index_header,
          .wait = from.wait,
          .retry_max = from.retry_max};
}

}  // namespace

watcher::watcher(settings settings, context host, boost::asio::any_io_executor strand, spawner spawn)
    : entry_watcher(access_of(settings), common::names_of(settings.services), host, std::move(strand),
                    std::move(spawn)),
      settings_(std::move(settings)),
      left_out_(settings_.services.size()) {}

// Nomad's default consistency asks the leader each time. There is none that goes beyond it, as Consul's `consistent`:
// an answer that seems to go back is asked for once more.
std::string watcher::target_of(std::size_t entry, const common::consul::query_progress& progress) const {
  const auto& asked = settings_.services[entry];
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.wait).count();
  auto target = "/v1/service/" + url_encode(asked.name) + "?index=" + std::to_string(progress.index().value_or(0)) +
                "&wait=" + std::to_string(wait) + "ms";
  if (!asked.filter.empty()) target += "&filter=" + url_encode(asked.filter);
  const auto more = scope(asked.ns, settings_.region);
  return more.empty() ? target : target + "&" + more;
}

std::optional<std::string> watcher::fault_of(const common::http_answer& answer) const {
  return nomad::fault_of(answer);
}

common::failure watcher::kind_of(const common::http_answer& answer) const { return nomad::kind_of(answer); }

bool watcher::is_awaited(std::size_t entry) const { return settings_.services[entry].at_least > 0; }

std::string watcher::summary() const { return common::count_of(settings_.services.size(), "service"); }

std::string watcher::read(std::size_t entry, const common::http_answer& answer, std::uint64_t revision) {
  const auto& asked = settings_.services[entry];
  std::string why;
  auto found = read_instances(answer.body, asked, why);
  if (!found) return why;
  report_left_out(entry, found->left_out);
  const auto count = found->endpoints.size();
  host().publish(
      {.name = name_of(entry), .revision = revision, .endpoints = std::move(found->endpoints), .values = {}});
  if (count < asked.at_least && !was_ready())
    lacks(entry, "waiting for " + common::count_of(asked.at_least, "endpoint") + " of " + asked.name + ", which has " +
                     std::to_string(count));
  else if (count == 0 && !found->left_out.empty())
    lacks(entry, "all instances of " + asked.name + " are left out: " + found->left_out.begin()->second);
  else lacks(entry, {});
  return {};
}

// Each is reported once, and taken back when it is published, or gone.
void watcher::report_left_out(std::size_t entry, const std::map<std::string, std::string>& now) {
  const auto before = std::exchange(left_out_[entry], now);
  for (const auto& [id, why] : now)
    if (const auto known = before.find(id); known == before.end() || known->second != why)
      host().refused(name_of(entry), id, why);
  for (const auto& [id, why] : before)
    if (!now.contains(id)) host().refused(name_of(entry), id, {});
}

}  // namespace drcon::nomad
