// Consul Template's functions that ask for settings and files.
#include "common/atomic_file.hpp"
#include "common/endpoint_values.hpp"
#include "common/templating/format/quote.hpp"
#include "common/templating/functions/key_pair.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"
#include "template/absent.hpp"
#include "template/registry.hpp"
#include "template/service_query.hpp"

#include <optional>
#include <string>
#include <vector>

namespace drcon::templates {
namespace {

using templating::failure;
using templating::field;
using templating::function;
using templating::invocation;
using templating::key_pair;
using templating::memory;
using templating::object_class;
using templating::value;
using arguments = std::span<const value>;
namespace expects = templating::expects;

// A path as Consul Template reads it: without a slash in front. Which datacenter it is of, the source says. Nothing
// where it comes of data, and nobody could watch it.
std::optional<std::string> path_of(invocation& in, const value& given, std::string_view function) {
  try {
    auto path = read_place_query(given.text(), function).name;
    if (path.starts_with('/')) path.erase(0, 1);
    return path;
  } catch (const failure& why) {
    if (!registry_of(in).finds_nothing(std::span(&given, 1), why, false, in)) throw;
    return {};
  }
}

// What else the operator may do: nothing where control characters are all that is refused.
std::string otherwise(const registry& known) {
  return known.in() == language::none ? "" : "; with escape = \"none\" it is written all the same";
}

// Why a setting among others cannot stand in the file, or empty. Whoever may write one below a prefix names it, too.
std::string unfit(const registry& known, std::string_view path, std::string_view held) {
  const auto in_path = known.unfit(path);
  const auto why = in_path.empty() ? known.unfit_setting(held) : in_path;
  if (why.empty()) return {};
  return std::string(in_path.empty() ? "its value" : "its path") + " holds " + why +
         ", which cannot be written in this file's language as it is" + otherwise(known);
}

// Of one that the template asks for by its path: one that is left out would become another one, or none.
value fitting(const registry& known, std::string_view path, const registry::setting& of) {
  if (const auto why = known.unfit_setting(of.held); !why.empty()) {
    known.note_unfit_setting();
    throw failure("the value of the key " + templating::go_quoted(path) + " holds " + why +
                  ", which cannot be written in this file's language as it is" + otherwise(known));
  }
  return value(of.held).with_origin(of.asked);
}

const registry::setting* find(const registry& known, const std::optional<std::string>& path) {
  if (!path) return nullptr;
  const auto found = known.keys().find(*path);
  return found == known.keys().end() ? nullptr : &found->second;
}

value call_key(invocation& in, arguments all) {
  const auto& known = registry_of(in);
  const auto path = path_of(in, all[0], "kv.get").value_or(std::string(all[0].text()));
  if (path.empty()) return value(std::string_view());
  return fitting(known, path, known.need_key(path, "keyOrDefault"));
}

value call_key_exists(invocation& in, arguments all) {
  return value(find(registry_of(in), path_of(in, all[0], "kv.exists")) != nullptr);
}

value call_key_or_default(invocation& in, arguments all) {
  const auto path = path_of(in, all[0], "kv.get");
  const auto& known = registry_of(in);
  const auto* found = find(known, path);
  return found == nullptr || found->held.empty() ? all[1] : fitting(known, *path, *found);
}

struct found_pair {
  key_pair pair;
  bool exists = false;
};
const found_pair& of(const void* self) { return *static_cast<const found_pair*>(self); }
const field found_pair_fields[] = {
    {.name = "Path", .get = [](const void* self, memory&) { return value(of(self).pair.path); }},
    {.name = "Key", .get = [](const void* self, memory&) { return value(of(self).pair.key); }},
    {.name = "Value", .get = [](const void* self, memory&) { return value(of(self).pair.held); }},
    {.name = "Exists", .get = [](const void* self, memory&) { return value(of(self).exists); }},
};
constexpr object_class found_pair_class{.type = "*dependency.KeyPair", .fields = found_pair_fields};

value call_key_exists_get(invocation& in, arguments all) {
  const auto path = path_of(in, all[0], "kv.exists.get");
  const auto& known = registry_of(in);
  const auto* found = find(known, path);
  const auto kept = in.scratch().keep(path.value_or(std::string(all[0].text())));
  const auto text = found == nullptr ? std::string_view() : fitting(known, *path, *found).text();
  return value(in.scratch().make<found_pair>(found_pair{.pair = {kept, kept, text}, .exists = found != nullptr}),
               found_pair_class)
      .with_origin(found == nullptr ? all[0].origin() : found->asked);
}

// Settings whose paths begin with the prefix: with `deep` those in folders below it, too. Folders are none. An empty
// prefix has none, as in Consul Template: a variable that is not set must not show every setting.
value pairs_below(invocation& in, const value& given, bool deep) {
  const auto asked = path_of(in, given, "kv.list");
  const auto& known = registry_of(in);
  std::vector<value> list;
  const auto& prefix = asked.value_or(std::string());
  if (!asked || given.text().empty()) return in.scratch().list_of(list, templating::key_pairs_class);
  const auto& keys = known.keys();
  for (auto each = keys.lower_bound(prefix); each != keys.end() && each->first.starts_with(prefix); ++each) {
    in.spend(1);
    auto key = each->first.substr(prefix.size());
    while (key.starts_with('/')) key.remove_prefix(1);
    if (key.empty() || key.ends_with('/') || (!deep && key.find('/') != std::string_view::npos)) continue;
    const auto& [held, owner, as_asked, as_listed] = each->second;
    if (const auto why = unfit(known, each->first, held); !why.empty()) {
      known.note_setting(each->first, *owner, why);
      continue;
    }
    list.push_back(value(in.scratch().make<key_pair>(key_pair{.path = each->first, .key = key, .held = held}),
                         templating::key_pair_class)
                       .with_origin(as_listed));
  }
  return in.scratch().list_of(list, templating::key_pairs_class);
}

// The safe ones wait for what is there to come back, in case all of it was lost.
value some_pairs_below(invocation& in, const value& given, bool deep) {
  const auto result = pairs_below(in, given, deep);
  if (result.size() == 0) throw failure(no_keys_below(given.text()));
  return result;
}

value call_ls(invocation& in, arguments all) { return pairs_below(in, all[0], false); }
value call_tree(invocation& in, arguments all) { return pairs_below(in, all[0], true); }
value call_safe_ls(invocation& in, arguments all) { return some_pairs_below(in, all[0], false); }
value call_safe_tree(invocation& in, arguments all) { return some_pairs_below(in, all[0], true); }

value call_file(invocation& in, arguments all) {
  const std::string path(all[0].text());
  if (path.empty()) return value(std::string_view());
  registry_of(in).need_no_notes();
  // Before it is read, and once: what changes while the rest is rendered must not look as if it had been seen.
  registry_of(in).files().try_emplace(path, common::stamp_of(path));
  std::string why;
  const auto text = common::read_file(path, why);
  if (!text) throw failure(why.empty() ? "there is no " + path : why);
  return in.text(*text);
}

constexpr function key_table[] = {
    {"file", expects::text, false, call_file, "PATH",
     "what is in a file of this machine; the target follows its changes"},
    {"key", expects::text, false, call_key, "PATH", "a setting, which must be there"},
    {"keyExists", expects::text, false, call_key_exists, "PATH", "whether there is such a setting"},
    {"keyExistsGet", expects::text, false, call_key_exists_get, "PATH", "a setting, with Exists"},
    {"keyOrDefault", expects::two_texts, false, call_key_or_default, "PATH DEFAULT",
     "a setting, or the default where there is none or it is empty"},
    {"ls", expects::text, false, call_ls, "PREFIX", "settings right below a prefix"},
    {"safeLs", expects::text, false, call_safe_ls, "PREFIX", "the same; there must be one"},
    {"safeTree", expects::text, false, call_safe_tree, "PREFIX", "as tree; there must be one"},
    {"tree", expects::text, false, call_tree, "PREFIX", "all settings below a prefix"},
};

}  // namespace

std::span<const function> key_functions() { return key_table; }

}  // namespace drcon::templates
