// What templates in Go's language ask Consul Template's functions for, over the services of the pipeline.
//
// Go's templates do not escape by themselves. So every text of the registry that a template reads is judged when it is
// read: an endpoint with one that cannot stand in the file as it is, is noted, and the file is rendered without it.
//
// Thread rule: made for one rendering, and used by the thread that renders.
#pragma once

#include "common/managed_file.hpp"
#include "common/templating/function.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/origins.hpp"
#include "common/templating/value.hpp"
#include "template/escape.hpp"
#include "template/item.hpp"

#include <drcon/model.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace drcon::templating {
class invocation;
}

namespace drcon::templates {

using origin = templating::origins::number;

/// What to do when a template asks for a service that the pipeline does not have.
struct absence {
  bool is_empty = false;  ///< it has no endpoints, instead of: the file stays as it is
  const std::set<std::string>* once =
      nullptr;  ///< these were there before, and are gone: they have no endpoints, in any case
};

class registry final : public templating::overseer {
public:
  registry(const std::vector<service>& services, language in, const absence& of_services);

  const std::vector<service>& services() const { return services_; }
  /// Null: it is not there, and has no endpoints. Throws templating::failure where nobody can say so.
  const service* find_service(std::string_view name) const;
  struct setting {
    std::string_view held;
    const service* owner = nullptr;
    origin asked = 0;   ///< of the value that a template asks for by its path: without it the file has to wait
    origin listed = 0;  ///< of one that it finds among others
  };
  /// Throws templating::failure where there is no such setting. `otherwise` is what a template can write that does not
  /// need it.
  const setting& need_key(std::string_view path, const std::string& otherwise) const;
  /// All settings, in order of their paths.
  const std::map<std::string_view, setting>& keys() const;

  /// What values come of: a service or an endpoint.
  origin origin_of(const service& owner, const endpoint* each) const;
  /// The service whose name, untouched, the value is; or the node. Null where it is another text.
  const service* named_by(const templating::value& name) const;
  bool is_name_of_node(const templating::value& name) const;

  /// A function asks for something by a text that comes of data, and nobody could watch that: what is asked for is not
  /// there, and this is reported. False where the template, or a setting that it names, asks so.
  bool finds_nothing(std::span<const templating::value> asked, const templating::failure& why, bool is_readable,
                     templating::invocation& in) const;
  struct finding {
    std::string item;
    std::string why;
  };
  const std::vector<finding>& findings() const { return findings_; }

  void judge(const templating::value& made, bool as_characters, std::string_view function,
             templating::memory& scratch) const override;
  bool leave_out(origin of, const std::string& why, templating::memory& scratch) const override;
  bool may_ask(origin of, std::uint64_t count, templating::memory& scratch) const override;
  bool goes_without(std::span<const templating::value> asked, const std::string& why,
                    templating::invocation& in) const override {
    return finds_nothing(asked, templating::failure(why), false, in);
  }
  /// A setting among others cannot stand in the file, and is left out.
  void note_setting(std::string_view path, const service& owner, const std::string& why) const;

  /// The text, for the template; when it cannot stand in the file, its endpoint (none: the service) is noted.
  templating::value text(std::string_view of, const char* what, const service& owner, const endpoint* each) const;
  /// A setting that the template reads cannot stand in the file: what is rendered then fails, and to try it again
  /// does not help.
  void note_unfit_setting() const { has_unfit_setting_ = true; }
  bool has_unfit_setting() const { return has_unfit_setting_; }
  /// Why the text cannot stand in the file, or empty.
  std::string unfit(std::string_view of) const;
  /// The same of a setting's value. Without a language it may have several lines: certificates, JSON and YAML do, and
  /// who may write settings decides what the file holds anyway.
  std::string unfit_setting(std::string_view held) const;
  language in() const { return in_; }

  /// What the dot is where a template is rendered for that: a service with Name and Tags, a setting with Path, Key and
  /// Value, or a tag.
  templating::value item_value(const item& of, templating::memory& scratch) const;

  struct note {
    const service* owner = nullptr;
    const endpoint* each = nullptr;
    std::string_view path;  ///< of a setting
    std::string why;
  };
  /// Stands for the metadata "checks" itself, which is one text.
  static constexpr std::string_view whole_checks = "*";

  const std::vector<note>& noted() const { return noted_; }
  /// Once the rendering is over: where all data together has asked for more than it may, what has asked for most is
  /// noted, until the rest may ask.
  void note_most_demanding() const;
  /// To be called before anything is done besides rendering. Throws templating::failure when a text was refused: what
  /// the template asks for may hold it, and it is rendered again without that endpoint anyway.
  void need_no_notes() const;
  /// Notes that the template reads what checks have under that name. They are judged by what is read of them alone:
  /// what a check prints is any text, which few files can carry and few templates show.
  void note_check_field(std::string_view name) const { check_fields_.emplace(name); }
  /// Reads every text of every endpoint, but of checks only what the template reads of any.
  void judge_all() const;

  /// Files that the template has read, as they were right before, for who has to know when they change.
  std::map<std::string, common::file_stamp>& files() const { return files_; }

private:
  // One of the host's things.
  struct thing {
    const service* owner = nullptr;
    const endpoint* each = nullptr;
    std::string_view path;  // of a setting
    bool is_asked = false;  // that one by its path
  };
  static origin count_of(const std::vector<service>& services);
  thing thing_of(origin number) const;
  std::optional<thing> can_be_left_out(origin of, templating::memory& scratch) const;
  origin first_setting_of(const service& owner) const;
  origin asked_origin(const std::string& path) const;
  bool is_written_by_grammar(const thing& of, std::string_view query) const;
  void note_thing(const thing& of, const std::string& why) const;
  static const void* place_of(const thing& of);
  void judge_checks(const std::string& json, const service& owner, const endpoint& each) const;

  const std::vector<service>& services_;
  const language in_;
  const absence of_services_;
  // Made when first asked for. A rendering is one thread's.
  mutable std::unordered_map<std::string_view, const service*> by_name_;
  mutable std::map<std::string_view, setting> keys_;
  mutable std::vector<origin> first_;  // of each service
  mutable std::vector<finding> findings_;
  mutable std::set<std::string, std::less<>> has_finding_;
  mutable bool knows_keys_ = false;
  mutable bool has_unfit_setting_ = false;
  mutable std::vector<note> noted_;
  mutable std::set<const void*> has_note_;
  struct demand {
    thing of;
    std::uint64_t count = 0;
  };
  mutable std::map<const void*, demand> demands_;  // by place: the rounds and bytes that it has asked for
  mutable std::uint64_t demanded_ = 0;             // by all of them
  mutable std::set<std::string, std::less<>> check_fields_;
  mutable std::map<std::string, common::file_stamp> files_;
};

/// The host of an invocation of one of these functions.
inline const registry& registry_of(const templating::invocation& in) {
  return *static_cast<const registry*>(in.around().host);
}

/// Consul Template's functions that ask for services, nodes and datacenters. Their host is a `registry`.
std::span<const templating::function> service_functions();
/// Those that ask for settings and files. Likewise.
std::span<const templating::function> key_functions();

/// Those that need a system which drcon does not watch. A template that mentions one is refused with what
/// `refusal_of` says: what to do instead.
std::span<const templating::function> refused_functions();
std::string_view refusal_of(std::string_view function);

}  // namespace drcon::templates
