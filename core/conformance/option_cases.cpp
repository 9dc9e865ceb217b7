// Options: described, checked before create, survived by it, and not kept.
#include "conformance/case_record.hpp"
#include "conformance/cases.hpp"
#include "conformance/usage.hpp"

#include <array>
#include <set>

namespace drcon::conformance {
namespace {

using nlohmann::json;

// Every property of a schema, at any depth: its JSON Pointer and itself.
void each_property(const json& schema, const std::string& pointer,
                   const std::function<void(const std::string&, const json&)>& visit) {
  if (!schema.is_object()) return;
  if (schema.contains("properties"))
    for (const auto& [name, property] : schema["properties"].items()) {
      visit(pointer + "/" + name, property);
      each_property(property, pointer + "/" + name, visit);
    }
  if (schema.contains("items")) each_property(schema["items"], pointer + "/0", visit);
}

void describes_its_options(const case_context& context) {
  each_property(context.plugin().schema(context.kind), "", [](const std::string& pointer, const json& property) {
    if (!property.is_object()) return;
    if (!property.contains("description") || property["description"] == "")
      throw breach("option " + pointer + " has no description");
    static const std::set<std::string> known{"duration", "size", "percent", "regex", "path", "address", "url"};
    const auto format = property.value("format", "");
    if (!format.empty() && !known.contains(format))
      throw breach("option " + pointer + " has the format '" + format + "', which no host checks");
  });
}

void takes_its_options(const case_context& context) {
  auto one = context.make();
  one.create();
  if (one.self() == nullptr) throw breach("create answered DRCON_OK and left *self NULL");
  if (!one.host().off_lane().empty()) throw breach("host->failed was called by another thread");
}

void creates_without_io(const case_context& context) {
  const auto threads = thread_count();
  const auto open = descriptors();
  auto one = context.make();
  const bool trapped = trap_calls(calls::io, "create");
  one.create();
  if (trapped) return;
  if (thread_count() != threads) throw breach("create started a thread");
  for (const auto& [number, what] : descriptors())
    if (!open.contains(number) && what.starts_with("socket")) throw breach("create opened a socket");
}

// Options that are wrong in one place each.
class mutations {
public:
  explicit mutations(const json& good) { walk(good, json::json_pointer()); }

  std::vector<json> of(const json& good) const {
    static const std::vector<json> wrong{true,
                                         0,
                                         -1,
                                         std::numeric_limits<std::int64_t>::max(),
                                         0.5,
                                         "",
                                         "0",
                                         "x",
                                         "a\n;}\"'`$(x) %s%n \xc3\xa9",
                                         std::string(10000, 'x'),
                                         json::array(),
                                         json::array({json::array({1})}),
                                         json::object(),
                                         json::object({{"no-such-key", 1}})};
    std::vector<json> all;
    for (const auto& place : places_)
      for (const auto& value : wrong) {
        all.push_back(good);
        all.back()[place] = value;
      }
    return all;
  }

private:
  void walk(const json& value, const json::json_pointer& place) {
    constexpr std::size_t most = 100;
    if (places_.size() >= most) return;
    if (!place.empty()) places_.push_back(place);
    if (value.is_object())
      for (const auto& [key, member] : value.items()) walk(member, place / key);
    if (value.is_array() && !value.empty()) walk(value[0], place / std::size_t{0});
  }
  std::vector<json::json_pointer> places_;
};

void survives_wrong_options(const case_context& context) {
  // Options without a default are as open to mistakes as the others.
  auto full = context.options;
  const auto& schema = context.plugin().schema(context.kind);
  if (schema.contains("properties"))
    for (const auto& [name, property] : schema["properties"].items())
      if (!full.contains(name)) full[name] = property.value("type", "") == "object" ? json::object() : json("x");
  const auto tried = [&](const json& options, const json& shown) {
    auto one = context.make_with(options);
    set_remark("options: " + shown.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 1000));
    if (one.try_create() == DRCON_OK) {
      one.stop();
      one.destroy();
    } else if (one.host().failure().why.empty()) {
      throw breach("create refused options and did not say why by host->failed");
    }
  };
  for (const auto& each : mutations(full).of(full)) {
    const auto checked = check_values(context.plugin(), context.kind, each);
    if (checked.faults.empty()) tried(checked.values, each);
  }
  set_remark("");
}

void reads_options_by_length(const case_context& context) {
  catch_touches();
  auto one = context.make({.guards_strings = true});
  one.create();
}

void keeps_no_options(const case_context& context) {
  catch_touches();
  auto one = context.make({.takes_strings = true});
  one.create();
  one.start();
  one.work();
  one.stop();
  one.destroy();
  for (const auto& each : one.host().breaches())
    if (each.find("create") != std::string::npos) throw breach("it called host->" + each);
}

constexpr std::array all_option_cases{
    test_case{scope::instance, "describes-its-options",
              "Every option has a description, and a format that hosts know, if any.",
              "write a \"description\" for it in the schema: users read it in `drcon plugins show`", "loads",
              &describes_its_options},
    test_case{scope::instance, "takes-its-options", "create makes an instance from checked options.",
              "fix the options file, or create", "loads", &takes_its_options},
    test_case{scope::instance, "creates-without-io", "create does no I/O and starts no thread: `drcon check` calls it.",
              "do it in start; create only reads its options", "takes-its-options", &creates_without_io},
    test_case{scope::instance, "survives-wrong-options",
              "Options that the schema lets pass are taken by create, or refused by DRCON_CONFIG and host->failed.",
              "say more in the schema (type, minimum, enum, pattern), and test each drcon_value's type",
              "stops-unstarted", &survives_wrong_options},
    test_case{scope::instance, "reads-options-by-length", "Strings have a length, and need not end with a NUL byte.",
              "read drcon_string.size bytes and no more; printf prints them by %.*s", "takes-its-options",
              &reads_options_by_length},
    test_case{scope::instance, "keeps-no-options",
              "Options and their strings are the host's, and valid until create returns.",
              "copy the text (strndup, std::string)", "stops", &keeps_no_options},
};

}  // namespace

std::span<const test_case> option_cases() { return all_option_cases; }

}  // namespace drcon::conformance
