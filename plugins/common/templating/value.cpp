#include "common/templating/value.hpp"

namespace drcon::templating {

std::string_view value::type() const {
  switch (kind_) {
    case kind::nothing: return "<nil>";
    case kind::nil: return "interface {}";
    case kind::boolean: return "bool";
    case kind::integer: return "int";
    case kind::integer64: return "int64";
    case kind::byte: return "uint8";
    case kind::unsigned64: return "uint64";
    case kind::real: return "float64";
    case kind::text: return "string";
    case kind::list: return list_->type;
    case kind::map: return map_->type;
    case kind::object: return object_->type;
    case kind::function: return "func";
  }
  return "<nil>";
}

std::size_t value::size() const {
  switch (kind_) {
    case kind::text: return size_;
    case kind::list: return list_->size(pointer_);
    case kind::map: return map_->size(pointer_);
    default: return 0;
  }
}

bool value::truth() const {
  switch (kind_) {
    case kind::nothing:
    case kind::nil: return false;
    case kind::boolean: return flag_;
    case kind::integer:
    case kind::integer64:
    case kind::byte:
    case kind::unsigned64: return whole_ != 0;
    case kind::real: return real_ != 0;
    case kind::text:
    case kind::list:
    case kind::map: return size() > 0;
    case kind::object:
    case kind::function: return true;
  }
  return false;
}

}  // namespace drcon::templating
