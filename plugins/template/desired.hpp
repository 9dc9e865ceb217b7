// What the files should say: the snapshot, without what the language of a file cannot carry.
//
// Pure functions.
#pragma once

#include "template/form.hpp"

#include <drcon/model.hpp>
#include <drcon/update.hpp>

#include <string>
#include <vector>

namespace drcon::templates {

/// What is to be rendered, and what commands are given to know about it.
struct desired_state {
  std::vector<service> services;
  std::uint64_t revision = 0;
  std::vector<std::string> added;  ///< names of services, compared with what was last applied
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};

desired_state desired_from(const update_view& update);

/// The services, with every endpoint and value that can be written in that language; `refused` is called for each of
/// the others.
std::vector<service> writable(const std::vector<service>& services, language in, const refusal& refused);

/// Of services whose names differ only in case, which nginx does not see in the name of an upstream or a server: those
/// that `live`, the present content of the file, names already. When it names none of them, nothing shows whose name it
/// is, and all are left out. Otherwise whoever may register a service could take over the requests to another one.
std::vector<service> without_case_twins(std::vector<service> services, const std::string& live, const refusal& refused);

/// Of an endpoint whose labels a template repeats. What a template gets grows with the square of their number.
inline constexpr std::size_t most_labels = 256;

/// The services without the endpoints that have more tags or metadata than that, where the template asks for them.
std::vector<service> with_bounded_labels(std::vector<service> services, const form& of, const refusal& refused);

}  // namespace drcon::templates
