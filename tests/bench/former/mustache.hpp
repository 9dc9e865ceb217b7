// The engine that rendered templates before plugins/common/templating, by kainjow's library: the benchmark measures it
// beside the present one, and a test compares the bytes of both.
//
// Thread rule: const functions from any thread.
#pragma once

#include <drcon/model.hpp>

#include <kainjow/mustache.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace drcon::former {

class mustache_template {
public:
  using values = kainjow::mustache::data;
  using escape = std::function<std::string(const std::string&)>;

  mustache_template() = default;
  explicit mustache_template(std::string text);

  /// What is wrong with it, as "LINE:COLUMN: …", or nothing.
  std::optional<std::string> fault() const;
  /// `with` escapes what stands in {{two}} braces; what stands in {{{three}}} goes as it is.
  std::string render(const values& origin, const escape& with) const;
  const std::string& text() const { return text_; }
  /// False when no tag of it can ask for that name: then the value need not be made.
  bool mentions(std::string_view name) const { return words_.contains(name); }

private:
  std::string text_;
  std::string prepared_;  // the text as the library needs it
  std::set<std::string, std::less<>> words_;
};

/// true and false as mustache has them.
inline kainjow::mustache::data mustache_flag(bool value) {
  return value ? kainjow::mustache::data::type::bool_true : kainjow::mustache::data::type::bool_false;
}

/// Adds the values that every template has for an endpoint besides its address: id, node, health, and, where the
/// template mentions them, tags, meta and meta_list.
void describe_labels(const endpoint& origin, const mustache_template& form, kainjow::mustache::data& result);

}  // namespace drcon::former
