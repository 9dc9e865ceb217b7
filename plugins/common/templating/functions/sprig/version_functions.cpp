// sprig: semantic versions.
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/functions/sprig/version.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

const version& of(const void* self) { return *static_cast<const version*>(self); }

const version& other(const value& given) {
  if (!given.is(kind::object)) throw failure("runtime error: invalid memory address or nil pointer dereference");
  return of(given.self());
}
int compared(const invocation& in, arguments all) { return compare(of(in.self()), other(all[0])); }

value call_compare(invocation& in, arguments all) { return value::integer(compared(in, all)); }
value call_equal(invocation& in, arguments all) { return value(compared(in, all) == 0); }
value call_less(invocation& in, arguments all) { return value(compared(in, all) < 0); }
value call_less_equal(invocation& in, arguments all) { return value(compared(in, all) <= 0); }
value call_greater(invocation& in, arguments all) { return value(compared(in, all) > 0); }
value call_greater_equal(invocation& in, arguments all) { return value(compared(in, all) >= 0); }

constexpr parameter a_version[] = {{parameter::form::typed, "*semver.Version"}};

constexpr function methods[] = {
    {"Compare", a_version, false, call_compare, "VERSION", "-1, 0 or 1"},
    {"Equal", a_version, false, call_equal, "VERSION", "whether both are equal"},
    {"LessThan", a_version, false, call_less, "VERSION", "whether it is less"},
    {"LessThanEqual", a_version, false, call_less_equal, "VERSION", "whether it is less or equal"},
    {"GreaterThan", a_version, false, call_greater, "VERSION", "whether it is greater"},
    {"GreaterThanEqual", a_version, false, call_greater_equal, "VERSION", "whether it is greater or equal"},
};

const field fields[] = {
    {.name = "Major", .get = [](const void* self, memory&) { return value::unsigned64(of(self).major); }},
    {.name = "Minor", .get = [](const void* self, memory&) { return value::unsigned64(of(self).minor); }},
    {.name = "Patch", .get = [](const void* self, memory&) { return value::unsigned64(of(self).patch); }},
    {.name = "Prerelease", .get = [](const void* self, memory&) { return value(of(self).before); }},
    {.name = "Metadata", .get = [](const void* self, memory&) { return value(of(self).metadata); }},
    {.name = "Original", .get = [](const void* self, memory&) { return value(of(self).original); }},
    {.name = "String", .get = [](const void* self, memory& scratch) { return scratch.text(of(self).text()); }},
    {.name = "Compare", .get = nullptr, .method = &methods[0]},
    {.name = "Equal", .get = nullptr, .method = &methods[1]},
    {.name = "LessThan", .get = nullptr, .method = &methods[2]},
    {.name = "LessThanEqual", .get = nullptr, .method = &methods[3]},
    {.name = "GreaterThan", .get = nullptr, .method = &methods[4]},
    {.name = "GreaterThanEqual", .get = nullptr, .method = &methods[5]},
};
const object_class version_class{
    .type = "*semver.Version", .fields = fields, .text = [](const void* self, memory& scratch) {
      return scratch.keep(of(self).text());
    }};

value call_semver(invocation& in, arguments all) {
  in.spend(all[0].size() + 1);
  return {in.scratch().make<version>(version::read(in.scratch().keep(all[0].text()))), version_class};
}
value call_semver_compare(invocation& in, arguments all) {
  in.spend(64 * (all[0].size() + all[1].size()) + 1);
  // What is wrong with the conditions is said before what is wrong with the version.
  fits(all[0].text(), {});
  return value(fits(all[0].text(), version::read(all[1].text())));
}

constexpr function version_table[] = {
    {"sprig_semver", expects::text, false, call_semver, "TEXT",
     "a version: its fields are Major, Minor, Patch, Prerelease, Metadata, Original"},
    {"sprig_semverCompare", expects::two_texts, false, call_semver_compare, "CONDITIONS VERSION",
     "whether the version fits, such as \">=1.2, <2 || ~3.1\""},
};

}  // namespace

std::span<const function> version_functions() { return version_table; }

}  // namespace drcon::templating::sprig
