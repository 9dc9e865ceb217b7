// The options of a file source, as values.
//
// Pure function.
#pragma once

#include "common/endpoint_document/endpoint_document.hpp"

#include <drcon/options.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace drcon::file {

struct settings {
  std::string path;
  common::document_format format = common::document_format::toml;
  std::chrono::nanoseconds poll{};    ///< the file is also read at this interval
  std::chrono::nanoseconds settle{};  ///< how long it must stay as it is before it is read
  std::size_t max_size = 0;           ///< in bytes; a larger file is not read
};

settings read_settings(const options& table);

}  // namespace drcon::file
