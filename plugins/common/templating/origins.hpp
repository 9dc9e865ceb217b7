// What a value comes of. Data is anybody's who can register a service or write a setting; a template's constants, the
// environment and files are the operator's. A function that makes bytes which its arguments did not have, such as
// base64Decode, could smuggle past whoever judges what is read; one that fails would hold up all for the sake of one.
// So each value has a number that says which of the host's things it comes of, and functions pass it on.
//
// Thread rule: made for one rendering, and used by the thread that renders.
#pragma once

#include "common/templating/fault.hpp"
#include "common/templating/value.hpp"

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::templating {

class invocation;
class memory;

class origins {
public:
  using number = std::uint32_t;
  static constexpr number none = 0;  ///< the operator's
  static constexpr number unknown = ~number{0};

  /// The numbers 1 to `own` are the host's things.
  explicit origins(number own) : own_(own) {}

  /// It is one of the host's things, and no pair of them.
  bool is_one(number of) const { return of != none && of <= own_; }

  /// Of what comes of both.
  number both(number left, number right);
  /// Of what was read from the value, whatever it holds.
  number of(const value& whole);
  number of_all(std::span<const value> all);

  struct things {
    std::set<number> all;
    bool are_known = true;  ///< false: there are more
  };
  /// The host's things that this comes of.
  things behind(number origin, memory& scratch) const;

private:
  // A pair, or, with `is_whole`, all that `whole` holds.
  struct node {
    number left = none;
    number right = none;
    value whole;
    bool is_whole = false;
  };
  number add(const node& made);

  number own_;
  std::vector<node> nodes_;
};

/// How many rounds of a loop, or bytes of a repeated text, whoever may write data may ask for. With more, the limits of
/// the whole rendering would be reached by what is rendered then, and nobody could say who is to blame.
inline constexpr std::uint64_t most_that_data_asks_for = 1'000'000;
/// How many all of them together may ask for in one rendering: far below the limits of that, with some work in each
/// round.
inline constexpr std::uint64_t most_that_all_data_asks_for = 5'000'000;

/// Thrown where a thing of the host is left out, and reported by who throws it: a loop goes on with its next element,
/// and who renders does so again without that thing.
class left_out : public failure {
public:
  using failure::failure;
};

/// A limit is reached: whatever was under way then is not to blame.
class limit_reached : public failure {
public:
  using failure::failure;
};

/// Who answers for the host's data while a template is rendered.
class overseer {
public:
  explicit overseer(origins::number own) : known_(own) {}
  overseer(const overseer&) = delete;
  overseer& operator=(const overseer&) = delete;

  origins& known() const { return known_; }
  /// A function has made that of data, with bytes that the data did not have; with `as_characters` numbers in it are
  /// written as those. Throws where they cannot be written.
  virtual void judge(const value& made, bool as_characters, std::string_view function, memory& scratch) const = 0;
  /// Something went wrong with what comes of that. True where it is one thing which can be left out, and now is: then
  /// who asks throws `left_out`, or goes on without it.
  virtual bool leave_out(origins::number origin, const std::string& why, memory& scratch) const = 0;
  /// What comes of that asks for so many rounds or bytes more. False where all data together has asked for more than it
  /// may: then who asks throws `left_out`, and once all is known that is asked for, what asks for most is left out.
  virtual bool may_ask(origins::number origin, std::uint64_t count, memory& scratch) const = 0;
  /// What a function asks for cannot be had. True where it is data that asks so: that is reported, and the function
  /// goes on as if there were nothing.
  virtual bool goes_without(std::span<const value> asked, const std::string& why, invocation& in) const = 0;

protected:
  ~overseer() = default;

private:
  mutable origins known_;
};

}  // namespace drcon::templating
