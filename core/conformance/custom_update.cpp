#include "conformance/custom_update.hpp"

#include <drcon/testing/update.hpp>
#include <drcon/update.hpp>

#include <cstring>
#include <stdexcept>

namespace drcon::conformance {
namespace {

constexpr std::size_t space = std::size_t{16} << 20U;
constexpr auto taken_back = "it read the update after host->done for its ticket: from that call on it is the host's";
constexpr auto wrong_step =
    "it went through an array in steps of its own sizeof: step by endpoint_size (endpoints) or change_size (changes), "
    "since the elements of a newer host may be larger";

}  // namespace

custom_update::custom_update(const update_layout& layout, std::uint64_t ticket, std::vector<service> desired,
                             std::optional<std::vector<service>> applied)
    : layout_(layout), memory_(space) {
  // testing::update orders both sides and finds what changed; only the layout is made here.
  const testing::update ordinary(ticket, std::move(desired), std::move(applied));
  const auto& source = *ordinary.get();
  const auto values = [](const drcon_snapshot* all) {
    std::vector<service> copies;
    for (std::size_t i = 0; all && i < all->service_count; ++i) copies.push_back(service_view{all->services[i]}.copy());
    return copies;
  };
  update_ = grown<drcon_update>();
  update_->ticket = ticket;
  if (layout_.growth > 0) update_->flags = std::uint32_t{1} << 31U;  // and flags of a later host
  update_->wanted = lay_all(values(source.wanted), source.wanted->revision);
  if (source.applied) update_->applied = lay_all(values(source.applied), source.applied->revision);
  std::size_t stride = 0;
  auto* at = elements<drcon_change>(source.change_count, stride);
  update_->changes = reinterpret_cast<const drcon_change*>(at);
  update_->change_count = source.change_count;
  update_->change_size = stride;
  const auto find = [](const drcon_snapshot* in, const drcon_service* like) -> const drcon_service* {
    for (std::size_t i = 0; like && in && i < in->service_count; ++i)
      if (view(in->services[i]->name) == view(like->name)) return in->services[i];
    return nullptr;
  };
  for (std::size_t i = 0; i < source.change_count; ++i, at += stride) {
    auto& change = *reinterpret_cast<drcon_change*>(at);
    change.size = static_cast<std::uint32_t>(sizeof(drcon_change) + layout_.growth);
    change.before = find(update_->applied, source.changes[i].before);
    change.after = find(update_->wanted, source.changes[i].after);
  }
}

void custom_update::take_back() const { memory_.trap_all(taken_back); }

std::byte* custom_update::take(std::size_t bytes) {
  constexpr std::size_t alignment = 16;
  used_ = (used_ + alignment - 1) / alignment * alignment;
  if (bytes > space - used_) throw std::length_error("the update is too large for its memory");
  auto* const at = memory_.begin() + used_;
  used_ += bytes;
  return at;
}

// The part that the plugin cannot know is filled with 0xA5, so that a plugin that reads it finds neither a null pointer
// nor a sensible number.
template <class Type>
Type* custom_update::grown(std::size_t count) {
  auto* const at = take(count * (sizeof(Type) + layout_.growth));
  std::memset(at, 0xA5, count * (sizeof(Type) + layout_.growth));
  std::memset(at, 0, sizeof(Type));
  auto* const made = reinterpret_cast<Type*>(at);
  made->size = static_cast<std::uint32_t>(sizeof(Type) + layout_.growth);
  return made;
}

template <class Type>
std::byte* custom_update::elements(std::size_t count, std::size_t& stride) {
  stride = sizeof(Type) + layout_.growth;
  if (!layout_.apart) {
    auto* const at = take(count * stride);
    std::memset(at, 0xA5, count * stride);
    for (std::size_t i = 0; i < count; ++i) std::memset(at + i * stride, 0, sizeof(Type));
    return at;
  }
  // Each element is at the end of a page, and the page between it and the next one must not be touched.
  const auto page = pages::page_size();
  const auto filled = stride;
  stride = 2 * page;
  const pages own((count + 1) * stride);
  for (std::size_t i = 0; i < count; ++i) {
    auto* const guard = own.begin() + i * stride + page;
    own.trap(guard, guard + page, wrong_step);
  }
  return own.begin() + page - filled;
}

template <class Type>
Type* custom_update::plain(std::size_t count) {
  auto* const at = take(count * sizeof(Type));
  std::memset(at, 0, count * sizeof(Type));
  return reinterpret_cast<Type*>(at);
}

drcon_string custom_update::text(std::string_view value) {
  if (value.empty()) return {};
  if (layout_.guards_strings) return guarded_copy(value);
  auto* const copy = take(value.size());
  std::memcpy(copy, value.data(), value.size());
  return {reinterpret_cast<const char*>(copy), value.size()};
}

void custom_update::lay_endpoint(drcon_endpoint& raw, const endpoint& value) {
  raw.size = static_cast<std::uint32_t>(sizeof(drcon_endpoint) + layout_.growth);
  raw.port = value.port;
  raw.weight = value.weight;
  raw.priority = value.priority;
  raw.health = static_cast<drcon_health>(value.health);
  raw.id = text(value.id);
  raw.node = text(value.node);
  raw.address = text(value.address);
  auto* const tags = plain<drcon_string>(value.tags.size());
  for (std::size_t i = 0; i < value.tags.size(); ++i) tags[i] = text(value.tags[i]);
  auto* meta = plain<drcon_pair>(value.meta.size());
  raw.tags = tags;
  raw.tag_count = value.tags.size();
  raw.meta = meta;
  raw.meta_count = value.meta.size();
  for (const auto& [key, text_of_key] : value.meta) *meta++ = {text(key), text(text_of_key)};
}

const drcon_service* custom_update::lay(const service& value) {
  auto* const raw = grown<drcon_service>();
  raw->revision = value.revision;
  raw->name = text(value.name);
  std::size_t stride = 0;
  auto* element = elements<drcon_endpoint>(value.endpoints.size(), stride);
  raw->endpoints = reinterpret_cast<const drcon_endpoint*>(element);
  raw->endpoint_count = value.endpoints.size();
  raw->endpoint_size = static_cast<std::uint32_t>(stride);
  for (const auto& each : value.endpoints) {
    lay_endpoint(*reinterpret_cast<drcon_endpoint*>(element), each);
    element += stride;
  }
  auto* values = plain<drcon_pair>(value.values.size());
  raw->values = values;
  raw->value_count = value.values.size();
  for (const auto& [key, text_of_key] : value.values) *values++ = {text(key), text(text_of_key)};
  return raw;
}

const drcon_snapshot* custom_update::lay_all(const std::vector<service>& values, std::uint64_t revision) {
  auto* const raw = grown<drcon_snapshot>();
  auto* const services = plain<const drcon_service*>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) services[i] = lay(values[i]);
  raw->revision = revision;
  raw->services = services;
  raw->service_count = values.size();
  return raw;
}

}  // namespace drcon::conformance
