// sprig: URLs as maps of their parts.
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/functions/sprig/url.hpp"
#include "common/templating/functions/sprig/values.hpp"
#include "common/templating/parameter_lists.hpp"

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

value call_url_parse(invocation& in, arguments all) {
  in.spend(all[0].size() / 8 + 1);
  url found;
  try {
    found = url::read(all[0].text());
  } catch (const failure& wrong) {
    throw failure(std::string("unable to parse url: ") + wrong.text());
  }
  auto& scratch = in.scratch();
  const auto entry = [&](std::string_view key, std::string_view held) {
    return map_entry{.key = value(key), .held = scratch.text(held)};
  };
  return scratch.any_map({entry("fragment", found.fragment), entry("host", found.host),
                          entry("hostname", found.host_name()), entry("opaque", found.opaque),
                          entry("path", found.path), entry("query", found.query), entry("scheme", found.scheme),
                          entry("userinfo", found.user ? found.user->text() : "")});
}

std::string part_of(invocation& in, const value& map, std::string_view key) {
  const auto found = map.find(value(key), in.scratch());
  if (found.is(kind::nothing)) return {};
  if (found.is(kind::nil)) throw failure("runtime error: invalid memory address or nil pointer dereference");
  if (!found.is(kind::text))
    throw failure("unable to parse " + std::string(key) + " key, must be of type string, but " +
                  std::string(kind_name(found)) + " found");
  return std::string(found.text());
}

value call_url_join(invocation& in, arguments all) {
  url made;
  made.scheme = part_of(in, all[0], "scheme");
  made.host = part_of(in, all[0], "host");
  made.path = part_of(in, all[0], "path");
  made.query = part_of(in, all[0], "query");
  made.opaque = part_of(in, all[0], "opaque");
  made.fragment = part_of(in, all[0], "fragment");
  if (const auto user = part_of(in, all[0], "userinfo"); !user.empty()) {
    try {
      made.user = url::read("proto://" + user + "@host").user;
    } catch (const failure& wrong) {
      throw failure(std::string("unable to parse userinfo in dict: ") + wrong.text());
    }
  }
  return in.text(made.text());
}

constexpr function url_table[] = {
    {"sprig_urlJoin", expects::map, false, call_url_join, "MAP",
     "a URL of scheme, userinfo, host, path, query, fragment and opaque"},
    {"sprig_urlParse", expects::text, false, call_url_parse, "TEXT",
     "a map of scheme, userinfo, host, hostname, path, query, fragment and opaque"},
};

}  // namespace

std::span<const function> url_functions() { return url_table; }

}  // namespace drcon::templating::sprig
