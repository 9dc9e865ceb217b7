#include "common/templating/functions/key_pair.hpp"

#include "common/templating/memory.hpp"

namespace drcon::templating {
namespace {

const key_pair& of(const void* self) { return *static_cast<const key_pair*>(self); }

const field fields[] = {
    {.name = "Path", .get = [](const void* self, memory&) { return value(of(self).path); }},
    {.name = "Key", .get = [](const void* self, memory&) { return value(of(self).key); }},
    {.name = "Value", .get = [](const void* self, memory&) { return value(of(self).held); }},
};

}  // namespace

const object_class key_pair_class{.type = "*dependency.KeyPair", .fields = fields};
const list_class key_pairs_class{.type = "[]*dependency.KeyPair", .size = span_size, .at = span_at, .any = false};

}  // namespace drcon::templating
