// What is said to etcd's JSON gateway, and what it answers. Keys and values are base64, 64-bit numbers are strings, and
// members that are 0, false or empty are left out.
//
// Pure functions. The readers throw bad_answer for an answer that is not complete: half an answer must not be used.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace etcd {

class bad_answer : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct key_value {
  std::string key;
  std::string value;
  std::int64_t revision = 0;  ///< of its last change
  bool deleted = false;
};

struct range_answer {
  std::int64_t revision = 0;  ///< of the whole store
  std::int64_t count = 0;
  std::vector<key_value> entries;
};

struct watch_answer {
  std::int64_t revision = 0;
  bool canceled = false;
  std::int64_t compacted = 0;  ///< canceled because what came before this revision is no longer reported
  std::string why;
  std::vector<key_value> events;
};

/// All keys below the prefix. Linearizable, as etcd's ranges are unless they ask for less.
std::string range_request(const std::string& prefix);
/// Their count, and the revision of the newest.
std::string newest_request(const std::string& prefix);
/// All changes since `from`, inclusive.
std::string watch_request(const std::string& prefix, std::int64_t from);
std::string login_request(const std::string& user, const std::string& password);

range_answer read_range(const std::string& body);
/// As read_range, but for newest_request, which reports one of many keys.
range_answer read_newest(const std::string& body);
watch_answer read_watch(const std::string& line);
std::string read_token(const std::string& body);
/// What an answer other than 200 says, for people.
std::string read_error(unsigned status, const std::string& body);

}  // namespace etcd
