#include "conformance/laid_out.hpp"

#include <drcon/testing/update.hpp>
#include <drcon/update.hpp>

#include <cstring>
#include <stdexcept>

namespace drcon::conformance {
namespace {

constexpr std::size_t room = std::size_t{16} << 20U;
constexpr auto taken_back = "it read the update after host->done for its ticket: from that call on it is the host's";
constexpr auto wrong_step =
    "it walked an array by the size that it knows of an element: the stride is endpoint_size (endpoints) or "
    "change_size "
    "(changes)";

}  // namespace

laid_out::laid_out(const manner_of_layout& how, std::uint64_t ticket, std::vector<service> wanted,
                   std::optional<std::vector<service>> applied)
    : how_(how), memory_(room) {
  // Orders both sides and finds what changed; only the layout is ours.
  const testing::update plain_one(ticket, std::move(wanted), std::move(applied));
  const auto& from = *plain_one.get();
  const auto values = [](const drcon_snapshot* all) {
    std::vector<service> copies;
    for (std::size_t i = 0; all && i < all->service_count; ++i) copies.push_back(service_view{all->services[i]}.copy());
    return copies;
  };
  update_ = grown<drcon_update>();
  update_->ticket = ticket;
  if (how_.growth > 0) update_->flags = std::uint32_t{1} << 31U;  // and flags of a later host
  update_->wanted = lay_all(values(from.wanted), from.wanted->revision);
  if (from.applied) update_->applied = lay_all(values(from.applied), from.applied->revision);
  std::size_t stride = 0;
  auto* at = elements<drcon_change>(from.change_count, stride);
  update_->changes = reinterpret_cast<const drcon_change*>(at);
  update_->change_count = from.change_count;
  update_->change_size = stride;
  const auto find = [](const drcon_snapshot* in, const drcon_service* like) -> const drcon_service* {
    for (std::size_t i = 0; like && in && i < in->service_count; ++i)
      if (view(in->services[i]->name) == view(like->name)) return in->services[i];
    return nullptr;
  };
  for (std::size_t i = 0; i < from.change_count; ++i, at += stride) {
    auto& change = *reinterpret_cast<drcon_change*>(at);
    change.size = static_cast<std::uint32_t>(sizeof(drcon_change) + how_.growth);
    change.before = find(update_->applied, from.changes[i].before);
    change.after = find(update_->wanted, from.changes[i].after);
  }
}

void laid_out::take_back() const { memory_.trap_all(taken_back); }

std::byte* laid_out::take(std::size_t bytes) {
  constexpr std::size_t alignment = 16;
  used_ = (used_ + alignment - 1) / alignment * alignment;
  if (bytes > room - used_) throw std::length_error("the update is too large for its memory");
  auto* const at = memory_.begin() + used_;
  used_ += bytes;
  return at;
}

// What a plugin cannot know of is not 0: who reads it finds no pointer and no sensible number.
template <class Type>
Type* laid_out::grown(std::size_t count) {
  auto* const at = take(count * (sizeof(Type) + how_.growth));
  std::memset(at, 0xA5, count * (sizeof(Type) + how_.growth));
  std::memset(at, 0, sizeof(Type));
  auto* const made = reinterpret_cast<Type*>(at);
  made->size = static_cast<std::uint32_t>(sizeof(Type) + how_.growth);
  return made;
}

template <class Type>
std::byte* laid_out::elements(std::size_t count, std::size_t& stride) {
  stride = sizeof(Type) + how_.growth;
  if (!how_.apart) {
    auto* const at = take(count * stride);
    std::memset(at, 0xA5, count * stride);
    for (std::size_t i = 0; i < count; ++i) std::memset(at + i * stride, 0, sizeof(Type));
    return at;
  }
  // Each at the end of a page, with a page between it and the next that nobody may touch.
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
Type* laid_out::plain(std::size_t count) {
  auto* const at = take(count * sizeof(Type));
  std::memset(at, 0, count * sizeof(Type));
  return reinterpret_cast<Type*>(at);
}

drcon_string laid_out::text(std::string_view from) {
  if (from.empty()) return {};
  if (how_.guards_strings) return guarded_copy(from);
  auto* const at = take(from.size());
  std::memcpy(at, from.data(), from.size());
  return {reinterpret_cast<const char*>(at), from.size()};
}

void laid_out::lay_endpoint(drcon_endpoint& to, const endpoint& from) {
  to.size = static_cast<std::uint32_t>(sizeof(drcon_endpoint) + how_.growth);
  to.port = from.port;
  to.weight = from.weight;
  to.priority = from.priority;
  to.health = static_cast<drcon_health>(from.health);
  to.id = text(from.id);
  to.node = text(from.node);
  to.address = text(from.address);
  auto* const tags = plain<drcon_string>(from.tags.size());
  for (std::size_t i = 0; i < from.tags.size(); ++i) tags[i] = text(from.tags[i]);
  auto* meta = plain<drcon_pair>(from.meta.size());
  to.tags = tags;
  to.tag_count = from.tags.size();
  to.meta = meta;
  to.meta_count = from.meta.size();
  for (const auto& [key, value] : from.meta) *meta++ = {text(key), text(value)};
}

const drcon_service* laid_out::lay(const service& from) {
  auto* const to = grown<drcon_service>();
  to->revision = from.revision;
  to->name = text(from.name);
  std::size_t stride = 0;
  auto* at = elements<drcon_endpoint>(from.endpoints.size(), stride);
  to->endpoints = reinterpret_cast<const drcon_endpoint*>(at);
  to->endpoint_count = from.endpoints.size();
  to->endpoint_size = static_cast<std::uint32_t>(stride);
  for (const auto& each : from.endpoints) {
    lay_endpoint(*reinterpret_cast<drcon_endpoint*>(at), each);
    at += stride;
  }
  auto* values = plain<drcon_pair>(from.values.size());
  to->values = values;
  to->value_count = from.values.size();
  for (const auto& [key, value] : from.values) *values++ = {text(key), text(value)};
  return to;
}

const drcon_snapshot* laid_out::lay_all(const std::vector<service>& from, std::uint64_t revision) {
  auto* const to = grown<drcon_snapshot>();
  auto* const services = plain<const drcon_service*>(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) services[i] = lay(from[i]);
  to->revision = revision;
  to->services = services;
  to->service_count = from.size();
  return to;
}

}  // namespace drcon::conformance
