#include "template/form.hpp"

#include "common/atomic_file.hpp"
#include "common/mustache_scope.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/memory.hpp"
#include "template/names.hpp"
#include "template/service_query.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace drcon::templates {

using templating::fault;
namespace go = templating::go;
namespace mustache = templating::mustache;

namespace {

const templating::function_table& functions_of_go() {
  static const auto all = [] {
    auto table = templating::every_function();
    table.add(service_functions());
    table.add(key_functions());
    table.add(refused_functions());
    return table;
  }();
  return all;
}

std::optional<std::string> environment_variable(std::string_view name) {
  const auto* found = std::getenv(std::string(name).c_str());  // NOLINT: nothing sets variables after the start
  return found == nullptr ? std::nullopt : std::optional<std::string>(found);
}

// The names of mustache that stand for what a Go template asks for: who bounds an endpoint's labels goes by them.
void add_names(const go::text_template& of, std::set<std::string, std::less<>>& names) {
  const auto fields = of.fields();
  const auto calls = of.mentions();
  const auto asks_for = [&](std::initializer_list<std::string_view> of_fields,
                            std::initializer_list<std::string_view> of_functions) {
    return std::ranges::any_of(of_fields, [&](auto each) { return fields.contains(each); }) ||
           std::ranges::any_of(calls, [&](const auto& each) {
             return std::ranges::find(of_functions, each.function) != of_functions.end();
           });
  };
  if (asks_for({"Tags"}, {"byTag"})) names.insert("tags");
  if (asks_for({"ServiceMeta", "Meta"}, {"byMeta"})) names.insert("meta");
}

// What can be judged of a call before there is any data.
std::optional<std::string> fault_of(const go::mention& call) {
  if (const auto instead = refusal_of(call.function); !instead.empty())
    return "the function " + std::string(call.function) + " is not available: " + std::string(instead);
  if (call.function != "service") return {};
  std::vector<std::string_view> words;
  for (const auto& each : call.arguments) {
    if (!each.is(templating::kind::text)) return {};
    words.push_back(each.text());
  }
  if (words.empty() || words[0].empty()) return {};
  try {
    read_service_query(words);
  } catch (const templating::failure& wrong) {
    return wrong.what();
  }
  return {};
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::ranges::any_of(parts, [text](auto each) { return text.find(each) != std::string_view::npos; });
}

// A partial is a file beside the template: of that name, or with .mustache at its end.
std::optional<std::string> read_partial(const std::string& of, std::string_view name,
                                        std::map<std::string, std::string>& all) {
  if (name.empty() || name.find('/') != std::string_view::npos || name.starts_with('.')) return {};
  const auto directory = std::filesystem::path(of).parent_path();
  for (const auto* ending : {"", ".mustache"}) {
    const auto path = (directory / (std::string(name) + ending)).string();
    std::string why;
    if (auto text = common::read_file(path, why)) return all.insert_or_assign(path, std::move(*text)).first->second;
  }
  return {};
}

// A template that is read in the wrong language is wrong in a way that says little.
fault with_hint(fault wrong, std::string_view text, const reading& how) {
  if (how.written_in == template_language::mustache &&
      has_any(text, {"{{end}}", "{{ end }}", "{{- ", " -}}", "{{/*", "{{range ", "{{ range ", "{{if ", "{{with "}))
    wrong.text += "; the template looks like Go's language: set language = \"go\", or end its name in .ctmpl";
  if (how.written_in == template_language::go && has_any(text, {"{{#", "{{^", "{{/"}) && !has_any(text, {"{{/*"}))
    wrong.text += "; the template looks like mustache: set language = \"mustache\"";
  return wrong;
}

// Why a setting that a file is rendered for cannot be written there, or empty. Its path comes from whoever may write
// one key, as its value does, and the template can show both.
std::string unfit_setting(const registry& asked, const std::pair<const std::string, std::string>& of) {
  const auto in_path = asked.unfit(of.first);
  for (const auto& [what, why] : {std::pair("path", in_path), std::pair("value", asked.unfit_setting(of.second))})
    if (!why.empty())
      return std::string("the ") + what + " of the key " + of.first + " holds " + why +
             ", which cannot be written in this file's language as it is";
  return {};
}

// Somebody may register thousands of endpoints of which a template reads one in each round: then all are judged.
constexpr std::size_t most_rounds = 4;
// Each round after that leaves out something that a function failed on, outside of any loop. Whoever registers many
// endpoints that fail one after the other would have all rendered as often: their service is left without any then.
constexpr std::size_t rounds_of_endpoints = 24;
constexpr std::size_t last_round = 100;

// Also every other endpoint of the services that an endpoint of is noted.
std::vector<registry::note> with_all_endpoints(const std::vector<registry::note>& noted) {
  auto all = noted;
  std::set<const service*> whole;
  for (const auto& each : noted) {
    if (each.each == nullptr || !whole.insert(each.owner).second) continue;
    for (const auto& other : each.owner->endpoints)
      if (std::ranges::find(noted, &other, &registry::note::each) == noted.end())
        all.push_back({.owner = each.owner,
                       .each = &other,
                       .path = {},
                       .why = "is left out with all endpoints of the service " + each.owner->name +
                              ", of which one after the other cannot be written: " + each.why});
  }
  return all;
}

// The services without what cannot stand in the file.
std::vector<service> without(const std::vector<service>& all, const std::vector<registry::note>& noted,
                             const refusal& refused) {
  std::set<const void*> gone;
  std::map<const service*, std::set<std::string>> without_keys;
  for (const auto& each : noted) {
    if (!each.path.empty()) without_keys[each.owner].emplace(each.path);
    else gone.insert(each.each == nullptr ? static_cast<const void*>(each.owner) : each.each);
    refused(each.owner->name,
            !each.path.empty()     ? std::string(each.path)
            : each.each == nullptr ? std::string()
                                   : each.each->id,
            each.why);
  }
  std::vector<service> kept;
  for (const auto& each : all) {
    if (gone.contains(&each)) continue;
    service one{.name = each.name, .revision = each.revision, .endpoints = {}, .values = each.values};
    for (const auto& endpoint : each.endpoints)
      if (!gone.contains(&endpoint)) one.endpoints.push_back(endpoint);
    if (const auto found = without_keys.find(&each); found != without_keys.end()) {
      for (const auto& path : found->second) one.values.erase(path);
      if (one.values.empty()) continue;  // it would look like a service
    }
    kept.push_back(std::move(one));
  }
  return kept;
}

}  // namespace

template_language language_of_file(std::string_view name) {
  return name.ends_with(".ctmpl") || name.ends_with(".tmpl") ? template_language::go : template_language::mustache;
}

form::form(std::string name, std::string text, parsed read, reading how)
    : name_(std::move(name)), text_(std::move(text)), parsed_(std::move(read)), how_(std::move(how)) {
  if (const auto* of_go = std::get_if<go::text_template>(&parsed_)) add_names(*of_go, names_);
  else note_names(std::get<mustache::text_template>(parsed_));
}

void form::note_names(const mustache::text_template& of) {
  const auto all = of.mentions();
  std::set<std::pair<std::string_view, std::string_view>> handled;
  for (const auto& each : all) {
    names_.insert(each.path.begin(), each.path.end());
    if (each.is_section && each.path.size() > 1) handled.emplace(each.path[0], each.path[1]);
  }
  for (const auto& each : all)
    if (each.path.size() > 1 && (each.path[0] == "key" || each.path[0] == "service") &&
        !handled.contains({each.path[0], each.path[1]}))
      needs_.push_back({.is_key = each.path[0] == "key",
                        .name = std::string(each.path[1]),
                        .where = each.where,
                        .source = std::string(each.source)});
}

std::variant<form, fault> form::read(std::string name, std::string text, const reading& how) {
  if (how.written_in == template_language::go) {
    auto made = go::text_template::read(name, text, functions_of_go(), how.marks);
    if (auto* wrong = std::get_if<fault>(&made)) return with_hint(std::move(*wrong), text, how);
    return form(std::move(name), std::move(text), std::get<go::text_template>(std::move(made)), how);
  }
  std::map<std::string, std::string> partials;
  const auto part = [&](std::string_view asked) { return read_partial(name, asked, partials); };
  auto made = mustache::text_template::read(name, text, mustache::rules::as_before, part);
  if (auto* wrong = std::get_if<fault>(&made)) return with_hint(std::move(*wrong), text, how);
  form result(std::move(name), std::move(text), std::get<mustache::text_template>(std::move(made)), how);
  result.partials_ = std::move(partials);
  return result;
}

std::vector<go::mention> form::calls() const {
  const auto* of_go = std::get_if<go::text_template>(&parsed_);
  return of_go == nullptr ? std::vector<go::mention>() : of_go->mentions();
}

std::optional<fault> form::senseless() const {
  for (const auto& each : calls())
    if (auto why = fault_of(each)) return fault{.name = name_, .where = each.where, .text = std::move(*why)};
  if (const auto* of_mustache = std::get_if<mustache::text_template>(&parsed_))
    return common::senseless(*of_mustache, root_scope_for(how_.each));
  return {};
}

rendering form::render(const subject& of, const rules& by, const refusal& refused) const {
  return how_.written_in == template_language::go ? render_go(of, by, refused) : render_mustache(of, by);
}

namespace {

// A rendering may take as long as its limits allow: meanwhile nobody must be left with an old report, or wait for it
// when drcon stops.
std::function<void(std::chrono::nanoseconds)> look_at_work(const rules& by) {
  return [&by, reported = false](std::chrono::nanoseconds so_far) mutable {
    if (by.stop.stop_requested()) throw templating::limit_reached("drcon stops while this is rendered");
    if (reported || !by.takes_long || so_far < std::chrono::seconds(1)) return;
    reported = true;
    by.takes_long();
  };
}

}  // namespace

std::optional<fault> form::missing(const subject& of, const absence& of_services) const {
  if (needs_.empty()) return {};
  const registry known(of.services, language::none, of_services);
  for (const auto& each : needs_) {
    const auto wrong = [&each](const std::string& why) {
      return fault{.name = each.source, .where = each.where, .text = why};
    };
    try {
      if (each.is_key) known.need_key(each.name, section_for_key(each.name));
      else known.find_service(each.name);
    } catch (const templating::failure& absent) {
      return wrong(absent.what());
    }
  }
  return {};
}

rendering form::render_mustache(const subject& of, const rules& by) const {
  const auto escape = [in = by.in](std::string_view text, std::string& output) { append_escaped(text, in, output); };
  rendering result;
  if ((result.wrong = missing(of, by.of_services))) return result;
  templating::surroundings around;
  around.at_work = look_at_work(by);
  result.wrong = std::get<mustache::text_template>(parsed_).render(view_of(of), escape, around, result.bytes);
  return result;
}

rendering form::render_go(const subject& of, const rules& by, const refusal& refused) const {
  const auto& parsed_go = std::get<go::text_template>(parsed_);
  std::vector<service> fit;
  const auto* all = &of.services;
  // Each round leaves something out, and may read something else: an endpoint less may lead to another branch.
  for (std::size_t round = 1;; ++round) {
    const registry asked(*all, by.in, by.of_services);
    templating::surroundings around;
    around.missing = by.needs_keys ? templating::missing_key::fault : templating::missing_key::zero;
    around.host = &asked;
    around.oversees = &asked;
    around.environment = environment_variable;
    around.at_work = look_at_work(by);
    rendering result;
    grant(by.granted, by.stop, result.written, around);
    // A program must never see a text that is refused: that the file is rendered without it in the end is too late.
    around.run_program = [&asked, run = std::move(around.run_program)](std::span<const std::string> words) {
      asked.need_no_notes();
      return run(words);
    };
    around.write_file = [&asked, write = std::move(around.write_file)](const templating::file_request& file) {
      asked.need_no_notes();
      return write(file);
    };
    templating::memory scratch(std::size_t{1} << 16U);
    const auto dot = of.each == nullptr ? templating::value() : asked.item_value(*of.each, scratch);
    if (of.each != nullptr && of.each->setting != nullptr)
      if (auto why = unfit_setting(asked, *of.each->setting); !why.empty())
        return {.bytes = {},
                .wrong = fault{.name = name_, .where = {}, .text = std::move(why)},
                .is_refused = true,
                .files = {},
                .written = {}};
    result.wrong = parsed_go.render(dot, around, result.bytes);
    result.is_refused = result.wrong && asked.has_unfit_setting();
    result.files = std::move(asked.files());
    asked.note_most_demanding();
    if (asked.noted().empty()) {
      for (const auto& each : asked.findings()) refused(each.item, std::string(), each.why);
      return result;
    }
    if (round > last_round)
      return {
          .bytes = {},
          .wrong =
              fault{.name = name_,
                    .where = {},
                    .text =
                        "endpoints that cannot be written are read again and again, the last of them of the service " +
                        asked.noted().back().owner->name},
          .files = {}};
    if (round == most_rounds) asked.judge_all();
    std::string why;
    for (const auto& each : asked.noted())
      if (of.each != nullptr && each.each == nullptr && each.owner->name == of.each->name) why = each.why;
    fit = without(*all, round <= rounds_of_endpoints ? asked.noted() : with_all_endpoints(asked.noted()), refused);
    all = &fit;
    // What the file is for is left out itself: rendered for nothing, the file would hold empty names.
    if (of.each != nullptr && of.each->kind == item_kind::service &&
        std::ranges::find(fit, of.each->name, &service::name) == fit.end())
      return {
          .bytes = {},
          .wrong = fault{.name = name_, .where = {}, .text = "the service " + of.each->name + " is left out: " + why},
          .is_refused = true,
          .files = {},
          .written = {}};
  }
}

std::variant<form, fault> read_form(const std::string& name, std::string text, const reading& how) {
  auto result = form::read(name, std::move(text), how);
  if (const auto* made = std::get_if<form>(&result))
    if (auto wrong = made->senseless()) return std::move(*wrong);
  return result;
}

std::string report(const fault& wrong) {
  return wrong.name + ":" + std::to_string(wrong.where.line) + ":" + std::to_string(wrong.where.column) + ": " +
         wrong.text;
}

}  // namespace drcon::templates
