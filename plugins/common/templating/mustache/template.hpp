// A mustache(5) template: read once, rendered often.
//
// A name's parts stand between dots, {{service.web.count}}. A part that has dots itself stands in brackets:
// {{#tagged.[v1.2.3]}}. Elements of lists that are objects have, besides their own names, `first`, `last` and `index`.
//
// Thread rule: const functions from any thread.
#pragma once

#include "common/templating/fault.hpp"
#include "common/templating/surroundings.hpp"
#include "common/templating/value.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace drcon::templating::mustache {

struct tree;

/// Which of two ways where they differ.
enum class rules : std::uint8_t {
  standard,  // the mustache specification
  /// The engine that drcon had before, byte for byte: an empty line behind a tag that has a line of its own is left
  /// out, true and false are shown as nothing, and a dotted name that breaks off in one context is looked for in the
  /// next.
  as_before,
};

/// What a template asks for, for who has to know before it is rendered.
struct mention {
  std::vector<std::string_view> path;  // empty for {{.}}; of a partial: its name
  bool is_section = false;
  position where;
  std::string_view source;  // name of the template or partial that it stands in
  bool is_partial = false;  // one that was not found: those that were are read
  /// The section that it stands in: which one of all mentions, counted from 1. 0: none.
  std::size_t within = 0;
};

/// Appends the text to the output in a form that is harmless there.
using escape = std::function<void(std::string_view text, std::string& output)>;

class text_template {
public:
  /// The text of a partial of that name, or nothing where there is none: then {{> name}} shows nothing.
  using partials = std::function<std::optional<std::string>(std::string_view name)>;

  static std::variant<text_template, fault> read(std::string name, std::string text, rules by = rules::standard,
                                                 const partials& more = {});

  /// Appends to `output`. `with` escapes what stands in {{two}} braces; what stands in {{{three}}} goes as it is. After
  /// a fault there is a part of the text in it.
  std::optional<fault> render(const value& root, const escape& with, const surroundings& around,
                              std::string& output) const;

  /// Every name that stands in it and in its partials.
  std::vector<mention> mentions() const;

private:
  explicit text_template(std::shared_ptr<const tree> parsed) : tree_(std::move(parsed)) {}

  std::shared_ptr<const tree> tree_;
};

}  // namespace drcon::templating::mustache
