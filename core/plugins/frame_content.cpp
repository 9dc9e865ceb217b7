#include "plugins/frame_content.hpp"

#include "model/difference.hpp"
#include "model/snapshot.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace drcon::plugins {
namespace {

void put_endpoint(frame_writer& frame, const endpoint_view& endpoint) {
  frame.text(endpoint.id()).text(endpoint.node()).text(endpoint.address());
  frame.number(endpoint.port()).number(endpoint.weight()).number(endpoint.priority());
  frame.number(static_cast<std::uint32_t>(endpoint.health()));
  frame.number(endpoint.tags().size());
  for (const auto& tag : endpoint.tags()) frame.text(tag);
  frame.number(endpoint.meta().size());
  for (const auto& [key, value] : endpoint.meta()) frame.text(key).text(value);
}

std::string get_text(frame_reader& fields) { return std::string(fields.text()); }

void get_pairs(frame_reader& fields, std::map<std::string, std::string>& pairs) {
  for (auto left = fields.count(); left > 0; --left) {
    auto key = get_text(fields);
    pairs.insert_or_assign(std::move(key), get_text(fields));
  }
}

endpoint get_endpoint(frame_reader& fields) {
  endpoint read;
  read.id = get_text(fields);
  read.node = get_text(fields);
  read.address = get_text(fields);
  read.port = static_cast<std::uint32_t>(fields.number());
  read.weight = static_cast<std::uint32_t>(fields.number());
  read.priority = static_cast<std::uint32_t>(fields.number());
  read.health = static_cast<health>(static_cast<std::uint32_t>(fields.number()));
  for (auto left = fields.count(); left > 0; --left) read.tags.push_back(get_text(fields));
  get_pairs(fields, read.meta);
  return read;
}

}  // namespace

void put(frame_writer& frame, const service_view& service) {
  frame.text(service.name()).number(service.revision());
  frame.number(service.endpoints().size());
  for (const auto each : service.endpoints()) put_endpoint(frame, each);
  frame.number(service.values().size());
  for (const auto& [key, value] : service.values()) frame.text(key).text(value);
}

service get_service(frame_reader& fields) {
  service read;
  read.name = get_text(fields);
  read.revision = fields.number();
  for (auto left = fields.count(); left > 0; --left) read.endpoints.push_back(get_endpoint(fields));
  get_pairs(fields, read.values);
  return read;
}

void put(frame_writer& frame, const drcon_metric& figure) {
  frame.number(figure.kind).text(view(figure.name)).text(view(figure.help)).real(figure.value);
  frame.number(figure.label_count);
  for (std::size_t i = 0; i < figure.label_count; ++i)
    frame.text(view(figure.labels[i].key)).text(view(figure.labels[i].value));
}

void get_metric(frame_reader& fields, const std::function<void(const drcon_metric&)>& use) {
  drcon_metric figure{.size = sizeof figure, .kind = static_cast<std::uint32_t>(fields.number())};
  figure.name = c_string(fields.text());
  figure.help = c_string(fields.text());
  figure.value = fields.real();
  std::vector<drcon_pair> labels;
  for (auto left = fields.count(); left > 0; --left) {
    const auto key = fields.text();
    labels.push_back({c_string(key), c_string(fields.text())});
  }
  figure.labels = labels.data();
  figure.label_count = labels.size();
  use(figure);
}

void put_difference(frame_writer& frame, const model::snapshot* before, const model::snapshot& after) {
  const auto changes = model::difference(before, after);
  frame.number(changes.size());
  for (const auto& [old, now] : changes) {
    frame.number(now ? 1 : 0);
    if (now) put(frame, service_view(now->view()));
    else frame.text(old->name());
  }
}

void get_difference(frame_reader& fields, std::map<std::string, model::service_ptr>& services) {
  for (auto left = fields.count(); left > 0; --left) {
    if (fields.number() == 0) {
      services.erase(get_text(fields));
      continue;
    }
    auto service = std::make_shared<const model::shared_service>(get_service(fields));
    services.insert_or_assign(service->name(), service);
  }
}

}  // namespace drcon::plugins
