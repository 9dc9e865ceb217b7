// SHA-256, for comparing: of what a file holds, and of what a pipeline asks for.
//
// Thread rule: values and a pure function.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace drcon::engine {

/// In lower-case hexadecimal; empty if the library cannot do it.
std::string sha256(std::string_view text);

/// The same of a text that comes in pieces.
class sha256_of_pieces {
public:
  sha256_of_pieces();
  ~sha256_of_pieces();
  sha256_of_pieces(const sha256_of_pieces&) = delete;
  sha256_of_pieces& operator=(const sha256_of_pieces&) = delete;

  void add(std::string_view piece);
  /// Of all pieces; to be called once.
  std::string hexadecimal();

private:
  struct context;
  std::unique_ptr<context> context_;
};

}  // namespace drcon::engine
