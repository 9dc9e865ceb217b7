#include "template/absent.hpp"

#include "common/templating/format/quote.hpp"

namespace drcon::templates {
namespace {

using templating::go_quoted;

std::string line_for_key(std::string_view path) { return "key = [{ path = " + go_quoted(path) + " }] of consul-kv"; }
std::string line_for_keys(std::string_view prefix) {
  return "key = [{ prefix = " + go_quoted(prefix) + " }] of consul-kv";
}

}  // namespace

std::string no_service(std::string_view name, const std::string& hint) {
  return "no source of this pipeline publishes a service " + go_quoted(name) + hint +
         ". Name it in a source, such as service = [{ name = " + go_quoted(name) +
         " }] of consul-http; or, where services come and go by themselves, set absent = \"empty\" for this sink: a "
         "misspelt name has no endpoints then";
}

std::string no_key(std::string_view path, const std::string& hint, const std::string& otherwise) {
  return "there is no key " + go_quoted(path) + " in this pipeline" + hint +
         ". Where it is in Consul, name it in a source: " + line_for_key(path) +
         ". Where the template needs it, the file stays as it is until the key is there; " + otherwise +
         " does not need it";
}

std::string no_keys_below(std::string_view prefix) {
  return "there is no key that begins with " + go_quoted(prefix) +
         " in this pipeline; name the folder in a source: " + line_for_keys(prefix) +
         ". The file stays as it is until there is one";
}

std::string unwatched_key(std::string_view path, std::string_view function) {
  return "no source of this pipeline watches the key " + go_quoted(path) + ", so that " + std::string(function) +
         " always takes it as absent. Where it is in Consul, name it in a source: " + line_for_key(path);
}

std::string unwatched_keys_below(std::string_view prefix, std::string_view function) {
  return "no source of this pipeline watches keys that begin with " + go_quoted(prefix) + ", so that " +
         std::string(function) +
         " never finds one. Where they are in Consul, name the folder in a source: " + line_for_keys(prefix);
}

}  // namespace drcon::templates
