// What stands where a regular file should, in words.
//
// Thread rule: pure function.
#pragma once

#include <sys/stat.h>

namespace drcon::common {

/// Of a mode that is no regular file's.
inline const char* kind_of_other_file(mode_t mode) { return S_ISDIR(mode) ? "a directory" : "no regular file"; }

}  // namespace drcon::common
