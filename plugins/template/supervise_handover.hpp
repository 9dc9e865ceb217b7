// Programs that go from one instance of a sink to the next: a reload that changes a sink, but not its program, makes a
// new instance before it stops the old one, and the program goes on.
//
// Thread rule: any.
#pragma once

#include "template/supervise.hpp"
#include "template/supervise_settings.hpp"

#include <memory>
#include <string>

namespace drcon::templates {

/// What a new instance says as soon as it is made: that it would take over the program of the one before.
class supervise_claim {
public:
  supervise_claim(std::string sink, kept_program program);
  /// A program that was left to it and not taken goes to the next claim, or is ended in order.
  ~supervise_claim();
  supervise_claim(const supervise_claim&) = delete;
  supervise_claim& operator=(const supervise_claim&) = delete;

  /// What the instance before has left; null when there is nothing. Ends the claim.
  std::shared_ptr<supervisor> take();

private:
  friend bool leave_to_next(const std::string& sink, const kept_program& program, std::shared_ptr<supervisor>& left);

  const std::string sink_;
  const kept_program program_;
  std::shared_ptr<supervisor> left_;  // guarded by the mutex of all claims
};

/// Leaves the program to an instance that claims it; false, and `left` is unchanged, when none does.
bool leave_to_next(const std::string& sink, const kept_program& program, std::shared_ptr<supervisor>& left);

}  // namespace drcon::templates
