#include "template/form.hpp"

#include "common/templating/functions/functions.hpp"
#include "template/service_query.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
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

std::optional<std::string> environment_of(std::string_view name) {
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

// Somebody may register thousands of endpoints of which a template reads one in each round: then all are judged.
constexpr std::size_t most_rounds = 4;

// The services without what cannot stand in the file.
std::vector<service> without(const std::vector<service>& all, const std::vector<registry::note>& noted,
                             const left_out& refused) {
  std::set<const void*> gone;
  for (const auto& each : noted) {
    gone.insert(each.each == nullptr ? static_cast<const void*>(each.owner) : each.each);
    refused(each.owner->name, each.each == nullptr ? std::string() : each.each->id, each.why);
  }
  std::vector<service> kept;
  for (const auto& each : all) {
    if (gone.contains(&each)) continue;
    service one{.name = each.name, .revision = each.revision, .endpoints = {}, .values = each.values};
    for (const auto& endpoint : each.endpoints)
      if (!gone.contains(&endpoint)) one.endpoints.push_back(endpoint);
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
  else
    for (const auto& each : std::get<mustache::text_template>(parsed_).mentions())
      names_.insert(each.path.begin(), each.path.end());
}

std::variant<form, fault> form::read(std::string name, std::string text, const reading& how) {
  if (how.written_in == template_language::go) {
    auto made = go::text_template::read(name, text, functions_of_go(), how.marks);
    if (auto* wrong = std::get_if<fault>(&made)) return std::move(*wrong);
    return form(std::move(name), std::move(text), std::get<go::text_template>(std::move(made)), how);
  }
  auto made = mustache::text_template::read(name, text, mustache::rules::as_before);
  if (auto* wrong = std::get_if<fault>(&made)) return std::move(*wrong);
  return form(std::move(name), std::move(text), std::get<mustache::text_template>(std::move(made)), how);
}

std::optional<fault> form::senseless() const {
  if (const auto* of_go = std::get_if<go::text_template>(&parsed_))
    for (const auto& each : of_go->mentions())
      if (auto why = fault_of(each)) return fault{.name = name_, .where = each.where, .text = std::move(*why)};
  return {};
}

rendering form::render(const subject& of, language in, const absence& of_services, const left_out& refused) const {
  return how_.written_in == template_language::go ? render_go(of, in, of_services, refused) : render_mustache(of, in);
}

rendering form::render_mustache(const subject& of, language in) const {
  const auto escape = [in](std::string_view text, std::string& output) { append_escaped(text, in, output); };
  rendering result;
  result.wrong = std::get<mustache::text_template>(parsed_).render(view_of(of), escape, {}, result.bytes);
  return result;
}

rendering form::render_go(const subject& of, language in, const absence& of_services, const left_out& refused) const {
  const auto& parsed_go = std::get<go::text_template>(parsed_);
  std::vector<service> fit;
  const auto* all = &of.services;
  // Each round leaves something out, and may read something else: an endpoint less may lead to another branch.
  for (std::size_t round = 1;; ++round) {
    const registry asked(*all, in, of_services);
    templating::surroundings around;
    around.missing = templating::missing_key::zero;
    around.host = &asked;
    around.environment = environment_of;
    rendering result;
    result.wrong = parsed_go.render({}, around, result.bytes);
    result.files = std::move(asked.files());
    if (asked.noted().empty()) return result;
    if (round >= most_rounds) asked.judge_all();
    fit = without(*all, asked.noted(), refused);
    all = &fit;
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
