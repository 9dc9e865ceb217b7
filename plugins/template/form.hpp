// A template as the operator wrote it, read: mustache, or Go's text/template with Consul Template's functions.
//
// Thread rule: a value; const functions from any thread.
#pragma once

#include "common/templating/go/template.hpp"
#include "common/templating/mustache/template.hpp"
#include "template/abilities.hpp"
#include "template/escape.hpp"
#include "template/registry.hpp"
#include "template/view.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace drcon::templates {

enum class template_language { mustache, go };

/// How a template's file is read.
struct reading {
  template_language written_in = template_language::mustache;
  templating::go::delimiters marks;  ///< of Go's; a mustache template sets its own
  item_kind each = item_kind::none;  ///< what it is rendered for, one file each
};

/// The language of a template of that file name, where the options leave it open: Go's for .ctmpl and .tmpl.
template_language language_of_file(std::string_view name);

/// What was rendered from the services, and what was left out.
struct rendering {
  std::string bytes;
  std::optional<templating::fault> wrong;  ///< then the bytes are a part of what they should be
  bool is_refused = false;                 ///< wrong by a setting that cannot be written: trying again does not help
  std::map<std::string, common::file_stamp> files;  ///< that the template has read, as they were right before
  written_files written;                            ///< that it asks for, by writeToFile
};

/// What a rendering goes by besides the services.
struct rules {
  language in = language::none;
  absence of_services;
  abilities granted;
  bool needs_keys = false;  ///< what a map does not have is a fault, in Go's language
  std::stop_token stop;     ///< ends the rendering, and programs that the template runs
  /// Called once while it renders, when that has taken longer than a second.
  std::function<void()> takes_long;
};

/// Called for each endpoint (or, without an id, service) that is left out, with the reason.
using refusal = std::function<void(const std::string& service, const std::string& endpoint, const std::string& why)>;

class form {
public:
  /// `name` is what faults call it: its file.
  static std::variant<form, templating::fault> read(std::string name, std::string text, const reading& how = {});

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  template_language written_in() const { return how_.written_in; }
  const reading& how() const { return how_; }
  /// False when no tag of it asks for that name of an endpoint.
  bool mentions(std::string_view name) const { return names_.contains(name); }

  /// What in it can have no meaning, whatever the services are: a name that there is not, a function that needs a
  /// system which is not watched.
  std::optional<templating::fault> senseless() const;

  /// Every call of a function of a template in Go's language; none of mustache.
  std::vector<templating::go::mention> calls() const;

  /// A value that a mustache template shows, and has no section for: where it is not there, nothing stands in its
  /// place.
  struct need {
    bool is_key = false;  ///< or else a service
    std::string name;
    templating::position where;
    std::string source;  ///< the template or partial that it stands in
  };
  const std::vector<need>& needs() const { return needs_; }
  /// What in a mustache template does not need that key.
  static std::string section_for_key(const std::string& path) { return "{{^key." + path + "}}…{{/key." + path + "}}"; }

  /// Files beside the template that it takes parts from, as they were read.
  const std::map<std::string, std::string>& partials() const { return partials_; }

  /// What it makes of the services, harmless for that language. Mustache escapes what it writes. Go's templates do
  /// not: an endpoint with a text that cannot stand in the file as it is, and that the template reads, is left out.
  rendering render(const subject& of, const rules& by, const refusal& refused) const;

private:
  using parsed = std::variant<templating::mustache::text_template, templating::go::text_template>;
  form(std::string name, std::string text, parsed read, reading how);
  void note_names(const templating::mustache::text_template& of);
  std::optional<templating::fault> missing(const subject& of, const absence& of_services) const;
  rendering render_mustache(const subject& of, const rules& by) const;
  rendering render_go(const subject& of, const rules& by, const refusal& refused) const;

  std::string name_;
  std::string text_;
  parsed parsed_;
  reading how_;
  std::set<std::string, std::less<>> names_;
  std::map<std::string, std::string> partials_;
  std::vector<need> needs_;
};

/// Reads it and judges its names: what `drcon check` does.
std::variant<form, templating::fault> read_form(const std::string& name, std::string text, const reading& how);

/// Where a template is wrong and why, as people read it: "FILE:LINE:COLUMN: …".
std::string report(const templating::fault& wrong);

}  // namespace drcon::templates
