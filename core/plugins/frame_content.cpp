#include "plugins/frame_content.hpp"

#include "model/difference.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace drcon::plugins {
namespace {

void put(frame_writer& to, const endpoint_view& from) {
  to.text(from.id()).text(from.node()).text(from.address());
  to.number(from.port()).number(from.weight()).number(from.priority());
  to.number(static_cast<std::uint32_t>(from.health()));
  to.number(from.tags().size());
  for (const auto& tag : from.tags()) to.text(tag);
  to.number(from.meta().size());
  for (const auto& [key, value] : from.meta()) to.text(key).text(value);
}

std::string get_text(frame_reader& from) { return std::string(from.text()); }

void get_pairs(frame_reader& from, std::map<std::string, std::string>& to) {
  for (auto left = from.count(); left > 0; --left) {
    auto key = get_text(from);
    to.insert_or_assign(std::move(key), get_text(from));
  }
}

endpoint get_endpoint(frame_reader& from) {
  endpoint to;
  to.id = get_text(from);
  to.node = get_text(from);
  to.address = get_text(from);
  to.port = static_cast<std::uint32_t>(from.number());
  to.weight = static_cast<std::uint32_t>(from.number());
  to.priority = static_cast<std::uint32_t>(from.number());
  to.health = static_cast<health>(static_cast<std::uint32_t>(from.number()));
  for (auto left = from.count(); left > 0; --left) to.tags.push_back(get_text(from));
  get_pairs(from, to.meta);
  return to;
}

}  // namespace

void put(frame_writer& to, const service_view& from) {
  to.text(from.name()).number(from.revision());
  to.number(from.endpoints().size());
  for (const auto each : from.endpoints()) put(to, each);
  to.number(from.values().size());
  for (const auto& [key, value] : from.values()) to.text(key).text(value);
}

service get_service(frame_reader& from) {
  service to;
  to.name = get_text(from);
  to.revision = from.number();
  for (auto left = from.count(); left > 0; --left) to.endpoints.push_back(get_endpoint(from));
  get_pairs(from, to.values);
  return to;
}

void put(frame_writer& to, const drcon_metric& from) {
  to.number(from.kind).text(view(from.name)).text(view(from.help)).real(from.value).number(from.label_count);
  for (std::size_t i = 0; i < from.label_count; ++i) to.text(view(from.labels[i].key)).text(view(from.labels[i].value));
}

void get_metric(frame_reader& from, const std::function<void(const drcon_metric&)>& use) {
  drcon_metric to{.size = sizeof to, .kind = static_cast<std::uint32_t>(from.number())};
  to.name = c_string(from.text());
  to.help = c_string(from.text());
  to.value = from.real();
  std::vector<drcon_pair> labels;
  for (auto left = from.count(); left > 0; --left) {
    const auto key = from.text();
    labels.push_back({c_string(key), c_string(from.text())});
  }
  to.labels = labels.data();
  to.label_count = labels.size();
  use(to);
}

void put_difference(frame_writer& to, const model::snapshot* before, const model::snapshot& after) {
  const auto changes = model::difference(before, after);
  to.number(changes.size());
  for (const auto& [old, now] : changes) {
    to.number(now ? 1 : 0);
    if (now) put(to, service_view(now->view()));
    else to.text(old->name());
  }
}

void get_difference(frame_reader& from, std::map<std::string, model::service_ptr>& services) {
  for (auto left = from.count(); left > 0; --left) {
    if (from.number() == 0) {
      services.erase(get_text(from));
      continue;
    }
    auto service = std::make_shared<const model::shared_service>(get_service(from));
    services.insert_or_assign(service->name(), service);
  }
}

}  // namespace drcon::plugins
