#include "common/mustache_scope.hpp"

#include "common/nearest.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace drcon::common {
namespace {

using templating::mustache::mention;
using path = std::span<const std::string_view>;

constexpr mustache_scope a_flag{.what = "true or false", .names = {}};
constexpr mustache_scope texts{.what = "a text", .names = {}, .any = nullptr, .is_text = true};

const mustache_name* find(const mustache_scope& in, std::string_view name) {
  const auto found = std::ranges::find(in.names, name, &mustache_name::name);
  if (found != in.names.end()) return &*found;
  return in.any;
}

// What the parts stand for, one within the other; null where one of them is not there.
const mustache_name* find_name(const mustache_scope& in, path parts) {
  const auto* scope = &in;
  const mustache_name* found = nullptr;
  for (const auto part : parts) {
    if (scope == nullptr || part.empty()) return nullptr;
    found = find(*scope, part);
    if (found == nullptr) return nullptr;
    scope = found->opens;
  }
  return found;
}

std::string joined(path parts) {
  std::string result;
  for (std::size_t i = 0; i < parts.size(); ++i) result += (i == 0 ? "" : ".") + std::string(parts[i]);
  return result;
}

// A name with dots in it that was not put in brackets: service.my.app.count means service.[my.app].count.
std::string with_brackets(const mustache_scope& in, path parts) {
  for (std::size_t first = 1; first + 1 < parts.size(); ++first) {
    const auto* map = find_name(in, parts.first(first));
    if (map == nullptr || map->opens == nullptr || map->opens->any == nullptr) continue;
    for (auto end = first + 2; end <= parts.size(); ++end) {
      std::vector<std::string_view> meant(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(first));
      const auto name = joined(parts.subspan(first, end - first));
      meant.push_back(name);
      meant.insert(meant.end(), parts.begin() + static_cast<std::ptrdiff_t>(end), parts.end());
      if (find_name(in, meant) == nullptr) continue;
      return joined(parts.first(first)) + ".[" + name + "]" + (end < parts.size() ? "." : "") +
             joined(parts.subspan(end));
    }
  }
  return {};
}

class judge {
public:
  judge(const std::vector<mention>& all, const mustache_scope& root) : all_(all), root_(root), opened_(all.size()) {}

  // Why it can mean nothing, or empty.
  std::string fault_of(std::size_t index);

private:
  // The scopes in reach of a mention, from the inside.
  std::vector<const mustache_scope*> around(const mention& of) const;
  static std::string unknown_part(const mention& of, const std::vector<const mustache_scope*>& in_reach);
  std::string unknown(const mention& of, const std::vector<const mustache_scope*>& in_reach) const;

  const std::vector<mention>& all_;
  const mustache_scope& root_;
  std::vector<const mustache_scope*> opened_;  // by each section
};

std::vector<const mustache_scope*> judge::around(const mention& of) const {
  std::vector<const mustache_scope*> result;
  for (auto within = of.within; within != 0; within = all_[within - 1].within)
    if (const auto* scope = opened_[within - 1]) result.push_back(scope);
  result.push_back(&root_);
  return result;
}

std::string judge::fault_of(std::size_t index) {
  const auto& one = all_[index];
  if (one.is_partial)
    return "there is no partial \"" + std::string(one.path[0]) +
           "\" beside the template, nor with .mustache at its end";
  const auto in_reach = around(one);
  const auto name = joined(one.path);
  if (name.find("{{") != std::string::npos || name.find("}}") != std::string::npos)
    return "a tag cannot stand in another one, as in \"" + name + "\"";
  if (one.path.empty()) {
    if (one.is_section || in_reach.front()->is_text) return {};
    return "{{.}} is " + std::string(in_reach.front()->what) + " here, which cannot be shown; name a part of it";
  }
  const mustache_name* found = nullptr;
  for (const auto* each : in_reach)
    if ((found = find_name(*each, one.path)) != nullptr) break;
  if (found == nullptr) return unknown(one, in_reach);
  if (one.is_section) {
    opened_[index] = found->kind == mustache_kind::flag ? &a_flag : found->opens == nullptr ? &texts : found->opens;
    return {};
  }
  if (found->kind == mustache_kind::text) return {};
  return name + " is " + (found->kind == mustache_kind::flag ? "true or false" : "a list, or has parts") +
         ", and shown as nothing; as a section it is {{#" + name + "}}…{{/" + name + "}}";
}

// The longest part of the path that is known, and what could follow there; empty where not even the first is.
std::string judge::unknown_part(const mention& of, const std::vector<const mustache_scope*>& in_reach) {
  for (const auto* each : in_reach)
    for (auto length = of.path.size() - 1; length > 0; --length) {
      const auto* known = find_name(*each, path(of.path).first(length));
      if (known == nullptr) continue;
      std::vector<std::string_view> names;
      if (known->opens != nullptr)
        for (const auto& one : known->opens->names) names.push_back(one.name);
      return "\"" + joined(path(of.path).first(length)) + "\" has no \"" + std::string(of.path[length]) + "\"" +
             nearest(of.path[length], names);
    }
  return {};
}

std::string judge::unknown(const mention& of, const std::vector<const mustache_scope*>& in_reach) const {
  const auto name = joined(of.path);
  if (is_action_of_go(name))
    return "\"" + name +
           "\" is of Go's language, and this template is read as mustache; set language = \"go\", or end "
           "the template's name in .ctmpl";
  const auto part = unknown_part(of, in_reach);
  if (part.find("did you mean") != std::string::npos) return part;
  for (const auto* each : in_reach)
    if (const auto meant = with_brackets(*each, of.path); !meant.empty())
      return "nothing has the name \"" + name + "\"; a part that has dots stands in brackets: " + meant;
  if (!part.empty()) return part;
  std::vector<std::string_view> names;
  for (const auto* each : in_reach)
    for (const auto& one : each->names) names.push_back(one.name);
  const auto inmost = std::ranges::find_if(in_reach, [](const auto* each) { return !each->names.empty(); });
  return "nothing has the name \"" + name + "\" in " + std::string((*inmost)->what) + nearest(of.path[0], names);
}

}  // namespace

std::optional<templating::fault> senseless(const templating::mustache::text_template& of, const mustache_scope& root) {
  const auto all = of.mentions();
  judge by(all, root);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (auto why = by.fault_of(i); !why.empty())
      return templating::fault{.name = std::string(all[i].source), .where = all[i].where, .text = std::move(why)};
  return {};
}

bool is_action_of_go(std::string_view tag) {
  while (!tag.empty() && std::string_view("- \t\r\n(").find(tag.front()) != std::string_view::npos)
    tag.remove_prefix(1);
  if (tag.empty()) return false;
  if (tag.front() == '$' || tag.front() == '"' || tag.front() == '`') return true;
  if (tag.front() == '.') return tag.size() > 1;
  const auto word = tag.substr(0, tag.find_first_of(" \t\r\n"));
  static constexpr std::string_view words[] = {"range", "if",       "else",  "end",      "with", "define",
                                               "block", "template", "break", "continue", "len",  "printf"};
  if (std::ranges::find(words, word) != std::end(words)) return true;
  // A function and its argument: no name of a template here has a blank and a quote, a dot, or a variable behind it.
  const auto rest = tag.substr(word.size());
  return rest.find_first_of("\"`$|") != std::string_view::npos || rest.find(" .") != std::string_view::npos;
}

}  // namespace drcon::common
