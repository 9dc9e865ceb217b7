// The programs that read what drcon renders, as judges of escaped values: nginx, haproxy and sh. Each gets many values
// in one file, because a start of a program costs a thousand times what an escape does.
//
// Thread rule: one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace drcon::fuzz {

/// A value of the registry, and what the template would write for it.
struct written_value {
  std::string value;
  std::string text;
};

class judge {
public:
  virtual ~judge() = default;
  virtual const char* name() const = 0;
  /// What the program complains of, or empty when it takes each of `all` for one value.
  virtual std::string complaint(const std::vector<written_value>& all, const std::filesystem::path& scratch) = 0;
};

/// One argument of a directive: `nginx -t`.
class nginx_judge final : public judge {
public:
  const char* name() const override { return "nginx"; }
  std::string complaint(const std::vector<written_value>& all, const std::filesystem::path& scratch) override;
};

/// One word of a line: `haproxy -c`.
class haproxy_judge final : public judge {
public:
  const char* name() const override { return "haproxy"; }
  std::string complaint(const std::vector<written_value>& all, const std::filesystem::path& scratch) override;
};

/// One word of a command, which is the value: `sh -n`, and then printf, of a shell that finds no other program.
class shell_judge final : public judge {
public:
  const char* name() const override { return "sh"; }
  std::string complaint(const std::vector<written_value>& all, const std::filesystem::path& scratch) override;
};

}  // namespace drcon::fuzz
