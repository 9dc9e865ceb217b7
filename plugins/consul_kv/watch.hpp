// Watches entries of Consul's key-value store, each by a blocking query of its own, and publishes them as settings.
//
// Thread rule: everything on the strand given to it.
#pragma once

#include "common/entry_watcher.hpp"
#include "consul_kv/settings.hpp"

#include <string>

namespace drcon::consul_kv {

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
  void publish_nothing(std::size_t entry);
  std::string why_missing(const selection& entry) const;

  const settings settings_;
};

}  // namespace drcon::consul_kv
