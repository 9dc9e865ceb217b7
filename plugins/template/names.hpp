// The names that mustache templates of this sink can use: what `view` has, for who judges a template before there is
// any data. A test compares the two.
//
// Thread rule: constants.
#pragma once

#include "common/mustache_scope.hpp"
#include "template/item.hpp"

namespace drcon::templates {

extern const common::mustache_scope root_scope;
/// The same where a template is rendered for each of many: with `item`.
const common::mustache_scope& root_scope_for(item_kind each);

}  // namespace drcon::templates
