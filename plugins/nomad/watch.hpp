// Watches services of Nomad's own service discovery, each by a blocking query.
//
// Thread rule: everything on the strand given to it.
#pragma once

#include "common/entry_watcher.hpp"
#include "nomad/settings.hpp"

#include <map>
#include <string>
#include <vector>

namespace drcon::nomad {

class watcher final : public common::entry_watcher {
public:
  watcher(settings settings, context host, boost::asio::any_io_executor strand, spawner spawn);

private:
  std::string target_of(std::size_t entry, const common::consul::query_progress& progress) const override;
  std::optional<std::string> fault_of(const common::http_answer& answer) const override;
  common::failure kind_of(const common::http_answer& answer) const override;
  std::string read(std::size_t entry, const common::http_answer& answer, std::uint64_t revision) override;
  bool is_awaited(std::size_t entry) const override;
  std::string summary() const override;
  void report_left_out(std::size_t entry, const std::map<std::string, std::string>& now);

  const settings settings_;
  std::vector<std::map<std::string, std::string>> left_out_;  // of each entry: id -> why
};

}  // namespace drcon::nomad
