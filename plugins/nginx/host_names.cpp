#include "nginx/host_names.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace drcon::nginx {
namespace {

// They wait for the network, and use no processor. Names that nobody answers for take one each until the time is up.
constexpr std::size_t most_threads = 256;

// What the threads share with the call, and keep when it has ended.
struct lookups {
  std::mutex mutex;  // guards all but `look_up`; not held while a name is looked up
  std::condition_variable_any changed;
  std::vector<std::string> names;
  std::size_t next = 0;
  std::size_t answered = 0;
  std::map<std::string, std::string> faults;  // of those that were answered for; empty: it resolves
  bool is_over = false;
  name_lookup look_up;
};

void look_up_all(lookups& all) {
  std::unique_lock lock(all.mutex);
  while (!all.is_over && all.next < all.names.size()) {
    const auto name = all.names[all.next++];
    lock.unlock();
    std::string fault;
    try {
      fault = all.look_up(name);
    } catch (const std::exception& error) {  // memory has run out, for example
      fault = error.what();
    }
    lock.lock();
    all.faults[name] = std::move(fault);
    ++all.answered;
    all.changed.notify_all();
  }
}

}  // namespace

std::string fault_of_host_name(const std::string& name) {
  addrinfo how{};
  how.ai_family = AF_UNSPEC;
  how.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &how, &found);
  if (error != 0) return "its host name " + name + " does not resolve: " + ::gai_strerror(error);
  ::freeaddrinfo(found);
  return {};
}

std::map<std::string, std::string> unresolved(const std::vector<std::string>& names, std::chrono::nanoseconds at_most,
                                              const std::stop_token& stop, name_lookup look_up) {
  const auto all = std::make_shared<lookups>();
  all->names = names;
  all->look_up = std::move(look_up);
  std::size_t threads = 0;
  try {
    for (; threads < std::min(most_threads, names.size()); ++threads)
      std::thread([all] { look_up_all(*all); }).detach();
  } catch (const std::system_error&) {  // those that there are do it all; without any, nothing is known of any name
    if (threads == 0) return {};
  }
  std::unique_lock lock(all->mutex);
  all->changed.wait_for(lock, stop, at_most, [&] { return all->answered == all->names.size(); });
  all->is_over = true;
  std::map<std::string, std::string> faults;
  for (const auto& name : names) {
    const auto found = all->faults.find(name);
    if (found == all->faults.end()) faults[name] = "the resolver did not answer for its host name " + name + " in time";
    else if (!found->second.empty()) faults[name] = found->second;
  }
  return faults;
}

}  // namespace drcon::nginx
