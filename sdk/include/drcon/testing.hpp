// drcon/testing.hpp: drives one source or sink in a unit test, with a host that records what it says.
//
//   auto clock = drcon::testing::source<clock_source>({{"name", "web"}});           // a C++ class; or, in C too:
//   auto clock = drcon::testing::source_of(drcon_plugin_entry, {{"name", "web"}});  // a whole plugin
//   clock.start();
//   ASSERT_TRUE(clock.host().wait_until([&] { return clock.host().ready(); }));
//   EXPECT_EQ(clock.host().services().at("web").endpoints.size(), 1);
//
//   auto list = drcon::testing::sink<list_sink>({{"file", "/tmp/list"}});
//   list.start();
//   EXPECT_EQ(list.apply({web}).result, DRCON_OK);
//
// Works with any test framework, and best under AddressSanitizer: options are freed when create has returned, an update
// when it was answered. `drcon plugin test` checks the rest of the contract. Needs nlohmann/json.
// Thread rule: one thread uses an instance and stands in for its lane.
#pragma once

#include <drcon/detail/entry.hpp>
#include <drcon/testing/host.hpp>
#include <drcon/testing/options.hpp>
#include <drcon/testing/update.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace drcon::testing {

/// Create did not answer DRCON_OK; `pointer` names the option at fault, if any.
class create_refused : public std::runtime_error {
public:
  explicit create_refused(const failure& from)
      : std::runtime_error(from.why.empty() ? "create failed and did not say why" : from.why), pointer_(from.pointer) {}
  const std::string& pointer() const noexcept { return pointer_; }

private:
  std::string pointer_;
};

/// An instance from create to destroy.
template <class Type>
class instance {
public:
  /// Creates it from `options` and the schema's defaults. Throws create_refused.
  instance(const Type& type, nlohmann::json options, std::string name)
      : type_(type), host_(with_defaults(nlohmann::json::parse(type.options), std::move(options)), std::move(name)) {
    const auto result = type_.create(host_.table(), host_.instance(), host_.options(), &self_);
    host_.end_create();
    if (result != DRCON_OK) throw create_refused(host_.failure());
  }
  ~instance() {
    stop();
    type_.destroy(self_);
  }
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  testing::host& host() noexcept { return host_; }
  drcon_result start() { return type_.start(self_); }
  /// Also done at the end. After it, whatever the plugin still says is in host().breaches().
  void stop() {
    if (std::exchange(stopped_, true)) return;
    type_.stop(self_);
    host_.close();
  }

protected:
  const Type& type() const noexcept { return type_; }
  void* self() const noexcept { return self_; }

private:
  const Type type_;
  testing::host host_;
  void* self_ = nullptr;
  bool stopped_ = false;
};

using source_instance = instance<drcon_source_type>;

class sink_instance : public instance<drcon_sink_type> {
public:
  using instance::instance;
  // Here, not in the base: the update must outlive the apply that stop ends.
  ~sink_instance() { stop(); }

  /// Hands over `wanted` and waits for the answer. Keeps account of what was applied, as the host does. Throws when no
  /// answer comes.
  answer apply(std::vector<service> wanted, std::chrono::milliseconds at_most = std::chrono::seconds(30)) {
    return wait_for(begin_apply(std::move(wanted)), at_most);
  }
  /// The last snapshot again, as "compare and correct".
  answer reconcile(std::chrono::milliseconds at_most = std::chrono::seconds(30)) {
    return wait_for(begin(wanted_, DRCON_UPDATE_RECONCILE), at_most);
  }
  /// Hands over `wanted` and does not wait: the ticket. The next one may only come when this one was answered.
  std::uint64_t begin_apply(std::vector<service> wanted) { return begin(std::move(wanted), 0); }

  /// What apply would write. Throws when the sink cannot say.
  std::vector<testing::rendered> render(std::vector<service> wanted) {
    if (!DRCON_HAS(&type(), render) || type().render == nullptr) throw std::logic_error("this sink has no render");
    const auto before = host().rendered().size();
    const update given(ticket_ + 1, std::move(wanted), applied_);
    if (type().render(self(), given.get()) != DRCON_OK)
      throw std::runtime_error("render failed: " + host().failure().why);
    auto all = host().rendered();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before));
    return all;
  }

private:
  std::uint64_t begin(std::vector<service> wanted, std::uint32_t flags) {
    wanted_ = std::move(wanted);
    pending_ = std::make_unique<update>(++ticket_, wanted_, applied_, flags);
    type().apply(self(), pending_->get());
    return ticket_;
  }
  answer wait_for(std::uint64_t ticket, std::chrono::milliseconds at_most) {
    std::optional<answer> found;
    const auto answered = [&] {
      for (const auto& each : host().answers())
        if (each.ticket == ticket) found = each;
      return found.has_value();
    };
    if (!host().wait_until(answered, at_most)) throw std::runtime_error("apply was not answered in time");
    pending_.reset();
    if (found->result == DRCON_OK) applied_ = wanted_;
    return *found;
  }

  std::uint64_t ticket_ = 0;
  std::vector<service> wanted_;
  std::optional<std::vector<service>> applied_;
  std::unique_ptr<update> pending_;
};

/// The source of a plugin; it must have one.
inline source_instance source_of(const drcon_plugin& plugin, nlohmann::json options = nlohmann::json::object(),
                                 std::string name = "test") {
  if (plugin.source == nullptr) throw std::logic_error("this plugin has no source");
  return {*plugin.source, std::move(options), std::move(name)};
}

/// The sink of a plugin; it must have one.
inline sink_instance sink_of(const drcon_plugin& plugin, nlohmann::json options = nlohmann::json::object(),
                             std::string name = "test") {
  if (plugin.sink == nullptr) throw std::logic_error("this plugin has no sink");
  return {*plugin.sink, std::move(options), std::move(name)};
}

/// A source from its C++ class.
template <class Type>
source_instance source(nlohmann::json options = nlohmann::json::object(), std::string name = "test") {
  return {drcon::detail::source_type<Type>(), std::move(options), std::move(name)};
}

/// A sink from its C++ class.
template <class Type>
sink_instance sink(nlohmann::json options = nlohmann::json::object(), std::string name = "test") {
  return {drcon::detail::sink_type<Type>(), std::move(options), std::move(name)};
}

}  // namespace drcon::testing
