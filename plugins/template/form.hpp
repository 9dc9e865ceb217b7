// A template as the operator wrote it, read: mustache, or Go's text/template.
//
// Thread rule: a value; const functions from any thread.
#pragma once

#include "common/templating/go/template.hpp"
#include "common/templating/mustache/template.hpp"
#include "template/escape.hpp"
#include "template/view.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace drcon::templates {

class form {
public:
  /// `name` is what faults call it: its file.
  static std::variant<form, templating::fault> read(std::string name, std::string text);

  const std::string& text() const { return text_; }
  /// False when no tag of it asks for that name.
  bool mentions(std::string_view name) const { return names_.contains(name); }
  /// Appends what it makes of the services, escaped for that language. After a fault there is a part of the text.
  std::optional<templating::fault> render(const subject& of, language in, std::string& output) const;

private:
  form(std::string text, templating::mustache::text_template parsed);

  std::string text_;
  templating::mustache::text_template parsed_;
  std::set<std::string, std::less<>> names_;
};

/// Where a template is wrong and why, as people read it: "FILE:LINE:COLUMN: …".
std::string report(const templating::fault& wrong);

}  // namespace drcon::templates
