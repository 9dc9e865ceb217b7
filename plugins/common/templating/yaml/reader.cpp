// Reads YAML in two steps, as yaml.v2 does: events of libyaml become a tree of nodes, and the tree becomes values,
// where an alias stands for what its anchor has.
#include "common/templating/fault.hpp"
#include "common/templating/format/print.hpp"
#include "common/templating/functions/base64.hpp"
#include "common/templating/memory.hpp"
#include "common/templating/yaml/scalar.hpp"
#include "common/templating/yaml/yaml.hpp"

#include <yaml.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::templating {
namespace {

constexpr std::size_t deepest_read = 200;  // lists and maps in one another: each takes some of the stack
constexpr std::string_view long_prefix = "tag:yaml.org,2002:";

struct node {
  enum class form : std::uint8_t { scalar, list, map, alias };
  form what = form::scalar;
  std::string tag;
  std::string_view text;  // of a scalar; an alias' anchor
  bool is_plain = false;
  const node* meant = nullptr;  // by an alias
  std::vector<const node*> children;
};

[[noreturn]] void fail(const std::string& what) { throw failure("yaml: " + what); }

// One event, given back at its end.
class event {
public:
  event() = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;
  ~event() { yaml_event_delete(&held_); }
  yaml_event_t& raw() { return held_; }
  yaml_event_type_t type() const { return held_.type; }

private:
  yaml_event_t held_{};
};

class tree_reader {
public:
  tree_reader(std::string_view text, memory& scratch, std::size_t limit, const yaml_cost& spend)
      : scratch_(scratch), limit_(limit), spend_(spend) {
    if (yaml_parser_initialize(&parser_) == 0) fail("no memory for a parser");
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.empty() ? "" : text.data()),
                                 text.size());
  }
  ~tree_reader() { yaml_parser_delete(&parser_); }
  tree_reader(const tree_reader&) = delete;
  tree_reader& operator=(const tree_reader&) = delete;

  // The first document's root, or nothing when there is none.
  const node* read() {
    event start;
    next(start);
    event document;
    next(document);
    if (document.type() == YAML_STREAM_END_EVENT) return nullptr;
    const auto* root = read_node();
    event end;
    next(end);
    return root;
  }

private:
  void next(event& into) {
    spend_(1);
    if (yaml_parser_parse(&parser_, &into.raw()) == 0) refuse();
  }

  [[noreturn]] void refuse() const {
    std::size_t line = parser_.problem_mark.line;
    // Where a token cannot be read, the mark counts from 0.
    if (line != 0 && parser_.error == YAML_SCANNER_ERROR) ++line;
    if (line == 0) line = parser_.context_mark.line;
    const auto where = line == 0 ? "" : "line " + std::to_string(line) + ": ";
    fail(where + (parser_.problem == nullptr ? "unknown problem parsing YAML content" : parser_.problem));
  }

  const node* read_node() {
    event one;
    next(one);
    return read_node(one);
  }

  const node* read_node(event& one) {
    auto& raw = one.raw();
    if (nodes_.size() >= limit_ / (2 * sizeof(node)))
      fail("the document takes more than " + std::to_string(limit_) + " bytes");
    auto& made = nodes_.emplace_back();
    switch (one.type()) {
      case YAML_ALIAS_EVENT: {
        const std::string anchor(reinterpret_cast<const char*>(raw.data.alias.anchor));
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) fail("unknown anchor '" + anchor + "' referenced");
        made.what = node::form::alias;
        made.text = scratch_.keep(anchor);
        made.meant = found->second;
        break;
      }
      case YAML_SCALAR_EVENT: {
        const auto& scalar = raw.data.scalar;
        made.text = scratch_.keep({reinterpret_cast<const char*>(scalar.value), scalar.length});
        made.is_plain = scalar.plain_implicit != 0;
        mark(made, scalar.tag, scalar.anchor);
        break;
      }
      case YAML_SEQUENCE_START_EVENT:
        made.what = node::form::list;
        mark(made, raw.data.sequence_start.tag, raw.data.sequence_start.anchor);
        read_children(made, YAML_SEQUENCE_END_EVENT);
        break;
      case YAML_MAPPING_START_EVENT:
        made.what = node::form::map;
        mark(made, raw.data.mapping_start.tag, raw.data.mapping_start.anchor);
        read_children(made, YAML_MAPPING_END_EVENT);
        break;
      default: fail("attempted to parse unknown event");
    }
    return &made;
  }

  void mark(node& made, const unsigned char* tag, const unsigned char* anchor) {
    if (tag != nullptr) made.tag = reinterpret_cast<const char*>(tag);
    if (anchor != nullptr) anchors_.insert_or_assign(reinterpret_cast<const char*>(anchor), &made);
  }

  void read_children(node& made, yaml_event_type_t end) {
    if (++depth_ > deepest_read) fail("more than " + std::to_string(deepest_read) + " lists and maps in one another");
    for (;;) {
      event one;
      next(one);
      if (one.type() == end) break;
      made.children.push_back(read_node(one));
    }
    --depth_;
  }

  memory& scratch_;
  std::size_t limit_;
  const yaml_cost& spend_;
  yaml_parser_t parser_{};
  std::deque<node> nodes_;  // a node's address stays
  std::map<std::string, const node*, std::less<>> anchors_;
  std::size_t depth_ = 0;
};

class decoder {
public:
  decoder(memory& scratch, const yaml_cost& spend) : scratch_(scratch), spend_(spend) {}

  value decode(const node& of) {
    spend_(1);
    if (depth_ > deepest_read) fail("more than " + std::to_string(deepest_read) + " lists and maps in one another");
    ++decoded_;
    if (alias_depth_ > 0) ++by_alias_;
    if (by_alias_ > 100 && decoded_ > 1000 &&
        static_cast<double>(by_alias_) / static_cast<double>(decoded_) > allowed_share())
      fail("document contains excessive aliasing");
    switch (of.what) {
      case node::form::alias: return alias(of);
      case node::form::scalar: return scalar(of).in_any(true);
      case node::form::list: return list(of);
      case node::form::map: break;
    }
    entries all(in_order);
    map(of, all);
    std::vector<map_entry> sorted;
    sorted.reserve(all.size());
    for (const auto& [key, held] : all) sorted.push_back({.key = key, .held = held});
    return scratch_.map_of(std::move(sorted), yaml_map_class);
  }

private:
  using entries = std::map<value, value, bool (*)(const value&, const value&)>;

  // Of what is decoded, how much may come out of aliases: what a short text would make an endless one of.
  double allowed_share() const {
    constexpr double low = 400'000;
    constexpr double high = 4'000'000;
    const auto count = static_cast<double>(decoded_);
    if (count <= low) return 0.99;
    return count >= high ? 0.10 : 0.99 - 0.89 * ((count - low) / (high - low));
  }

  value alias(const node& of) {
    for (const auto* each : open_aliases_)
      if (each == &of) fail("anchor '" + std::string(of.text) + "' value contains itself");
    open_aliases_.push_back(&of);
    ++alias_depth_;
    auto result = decode(*of.meant);
    --alias_depth_;
    open_aliases_.pop_back();
    return result;
  }

  value list(const node& of) {
    ++depth_;
    std::vector<value> all;
    all.reserve(of.children.size());
    for (const auto* each : of.children) all.push_back(decode(*each).in_any(false));
    --depth_;
    return scratch_.any_list(all);
  }

  void map(const node& of, entries& all) {
    ++depth_;
    for (std::size_t i = 0; i + 1 < of.children.size(); i += 2) {
      const auto& key_node = *of.children[i];
      const auto& held_node = *of.children[i + 1];
      if (key_node.what == node::form::scalar && key_node.text == "<<" &&
          (key_node.is_plain || key_node.tag == std::string(long_prefix) + "merge")) {
        merge(held_node, all);
        continue;
      }
      const auto key = decode(key_node).in_any(false);
      if (key.is(kind::list) || key.is(kind::map)) refuse_key(key);
      all[key] = decode(held_node).in_any(false);
    }
    --depth_;
  }

  [[noreturn]] void refuse_key(const value& key) {
    constexpr std::size_t longest = 4096;
    std::string shown;
    printer(shown, scratch_, longest).printf("%#v", std::span(&key, 1));
    fail("invalid map key: " + shown);
  }

  // The entries of another map, where those that are there already are overwritten.
  void merge(const node& of, entries& all) {
    const auto is_map = [](const node& one) {
      return one.what == node::form::map || (one.what == node::form::alias && one.meant->what == node::form::map);
    };
    if (of.what == node::form::list) {
      // From the last one on, so that the first ones count most.
      for (auto each = of.children.rbegin(); each != of.children.rend(); ++each) {
        if (!is_map(**each)) refuse_merge();
        merge(**each, all);
      }
      return;
    }
    if (!is_map(of)) refuse_merge();
    const auto held = decode(of);
    for (std::size_t i = 0; i < held.size(); ++i) {
      const auto each = held.entry(i, scratch_);
      all[each.key] = each.held.in_any(false);
    }
  }
  [[noreturn]] static void refuse_merge() { fail("map merge requires map or sequence of maps as the value"); }

  value scalar(const node& of) {
    if (of.tag.empty()) return of.is_plain ? meaning(of.text) : value(of.text);
    const auto name = of.tag.starts_with(long_prefix) ? std::string_view(of.tag).substr(long_prefix.size()) : "";
    if (name == "binary") {
      const auto bytes = decode_base64(of.text);
      if (!bytes) fail("!!binary value contains invalid base64 data");
      return scratch_.text(*bytes);
    }
    if (name == "str") return value(of.text);
    static const std::map<std::string_view, yaml::tag> tags{{"bool", yaml::tag::boolean},
                                                            {"int", yaml::tag::integer},
                                                            {"float", yaml::tag::real},
                                                            {"null", yaml::tag::null},
                                                            {"timestamp", yaml::tag::timestamp}};
    const auto wanted = tags.find(name);
    if (wanted == tags.end()) return value(of.text);
    const auto found = yaml::resolve(of.text);
    if (found.what == wanted->second) return found.what == yaml::tag::timestamp ? value(of.text) : found.held;
    if (wanted->second == yaml::tag::real && found.held.is(kind::integer))
      return value(static_cast<double>(found.held.whole()));
    fail("cannot decode !!" + std::string(short_name(found.what)) + " `" + std::string(of.text) + "` as a !!" +
         std::string(name));
  }

  // A time stays the text that it is.
  static value meaning(std::string_view word) {
    const auto found = yaml::resolve(word);
    return found.what == yaml::tag::timestamp ? value(word) : found.held;
  }

  static std::string_view short_name(yaml::tag of) {
    switch (of) {
      case yaml::tag::text: return "str";
      case yaml::tag::boolean: return "bool";
      case yaml::tag::integer: return "int";
      case yaml::tag::real: return "float";
      case yaml::tag::null: return "null";
      case yaml::tag::timestamp: return "timestamp";
    }
    return "str";
  }

  memory& scratch_;
  const yaml_cost& spend_;
  std::vector<const node*> open_aliases_;
  std::size_t depth_ = 0;
  std::uint64_t decoded_ = 0;
  std::uint64_t by_alias_ = 0;
  std::size_t alias_depth_ = 0;
};

}  // namespace

const map_class yaml_map_class{.type = "map[interface {}]interface {}",
                               .key = kind::nothing,
                               .absent = kind::nil,
                               .size = entries_size,
                               .find = entries_find,
                               .at = entries_at,
                               .any = true};

value read_yaml(std::string_view text, memory& scratch, std::size_t limit, const yaml_cost& spend) {
  spend(text.size() / 8 + 1);
  tree_reader reader(text, scratch, limit, spend);
  const auto* root = reader.read();
  return root == nullptr ? value::null() : decoder(scratch, spend).decode(*root);
}

}  // namespace drcon::templating
