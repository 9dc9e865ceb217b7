#include "haproxy/backends.hpp"

#include "common/count_of.hpp"
#include "common/digest.hpp"
#include "haproxy/answers.hpp"
#include "haproxy/apply.hpp"

#include <algorithm>
#include <sstream>

namespace drcon::haproxy {
namespace {

// HAProxy passes everything on that it has noted before: what it says of the command is the last line.
bool is_deleted(const std::string& answer) {
  return answer.find("Backend deleted.") != std::string::npos || first_line(answer) == "No such backend.";
}

// Streams end by themselves; nothing else does.
bool is_still_used(const std::string& answer) { return answer.find("attached streams") != std::string::npos; }

}  // namespace

std::string mark_of(std::string_view owner) { return "drcon:" + common::digest(owner) + ":"; }

backend_names marked_backends(std::string_view answer, std::string_view mark) {
  backend_names found;
  bool is_of_backends = false;
  std::istringstream lines{std::string(answer)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) is_of_backends = line.starts_with("#be ");
    if (!is_of_backends || !line.starts_with(mark)) continue;
    auto name = line.substr(mark.size(), line.find(',') - mark.size());
    if (is_haproxy_name(name)) found.insert(std::move(name));
  }
  return found;
}

std::optional<routes> read_map(std::string_view answer) {
  if (answer.starts_with("Unknown map")) return {};
  routes all;
  std::istringstream lines{std::string(answer)};
  for (std::string line; std::getline(lines, line);) {  // 0x55d0c1a2b3c0 KEY VALUE
    const auto key = line.find(' ');
    const auto value = line.find(' ', key + 1);
    if (key == std::string::npos || value == std::string::npos) continue;
    all.emplace_back(line.substr(key + 1, value - key - 1), line.substr(value + 1));
  }
  std::ranges::sort(all);
  return all;
}

std::string prepared_version(std::string_view answer) {
  constexpr std::string_view start = "New version created: ";
  const auto line = first_line(std::string(answer));
  return line.starts_with(start) ? line.substr(start.size()) : std::string();
}

made_backends::made_backends(backends_settings options, target_address socket, const std::string& owner, context host)
    : options_(std::move(options)), socket_(std::move(socket)), mark_(mark_of(owner)), host_(host) {}

void made_backends::meet(std::string process) {
  process_ = std::move(process);
  for (auto* names : {&made_, &published_, &leaving_}) names->clear();
  stuck_.clear();
}

std::string made_backends::look(target& cli, const std::string& version) {
  version_ = version;
  can_make_ = !options_.from.empty() && can_make_backends(version);
  std::vector<std::string> commands;
  if (can_make_) commands.emplace_back("dump stats-file");
  if (!options_.map.empty()) commands.push_back("show map " + options_.map);
  if (commands.empty()) return {};
  std::string why;
  const auto answers = cli.run(commands, why);
  if (!answers) return why;
  if (can_make_) {
    made_ = marked_backends(answers->front(), mark_);
    for (auto* names : {&published_, &leaving_})
      std::erase_if(*names, [this](const auto& each) { return !made_.contains(each); });
    std::erase_if(stuck_, [this](const auto& each) { return !made_.contains(each.first); });
  }
  if (!options_.map.empty()) routes_ = read_map(answers->back());
  return {};
}

std::string made_backends::make(const give_commands& give, const backend_names& missing, live_state& live,
                                std::map<std::string, std::string>& refusals) {
  if (missing.empty()) return {};
  std::vector<std::string> commands;
  commands.reserve(missing.size());
  for (const auto& each : missing)
    commands.push_back("add backend " + each + " from " + options_.from + " guid " + mark_ + each);
  std::string why;
  const auto answers = give(commands, why);
  if (!answers) return why;
  backend_names made;
  for (std::size_t i = 0; const auto& each : missing) {
    if (auto refusal = refusal_of(commands[i], (*answers)[i]); refusal.empty()) made.insert(each);
    else refusals.insert_or_assign(each, std::move(refusal));
    ++i;
  }
  if (!made.empty())
    host_.info("made " + common::count_of(made.size(), "backend") + " from defaults " + options_.from + ": " +
               *made.begin() + (made.size() > 1 ? " and others" : ""));
  live.backends.insert(made.begin(), made.end());
  made_.merge(made);
  return {};
}

std::string made_backends::publish(const give_commands& give, const backend_names& filled,
                                   std::map<std::string, std::string>& refusals) {
  std::vector<std::string> names;
  std::vector<std::string> commands;
  for (const auto& each : filled) {
    if (!made_.contains(each) || published_.contains(each)) continue;
    leaving_.erase(each);
    stuck_.erase(each);
    names.push_back(each);
    commands.push_back("publish backend " + each);
  }
  std::string why;
  const auto answers = give(commands, why);
  if (!answers) return why;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (auto refusal = refusal_of(commands[i], (*answers)[i]); refusal.empty()) published_.insert(names[i]);
    else refusals.emplace(names[i], std::move(refusal));
  }
  return {};
}

// Two sinks that keep one map would undo each other's work for ever.
bool made_backends::may_keep_map() {
  const auto name = "drcon/haproxy/" + common::digest(process_ + "\nmap\n" + options_.map);
  const auto why = map_lock_.take(name, status_of(socket_));
  if (!why.empty()) map_fault_ = "map " + options_.map + " is not kept by this sink: its lock " + why;
  return why.empty();
}

// Only what HAProxy would choose: without an entry it takes its next rule, which may have a better answer.
routes made_backends::wanted_routes(const desired_backends& desired, const live_state& live) {
  routes wanted;
  unroutable_.clear();
  for (const auto& [backend, each] : desired) {
    if (!live.backends.contains(backend) || (made_.contains(backend) && !published_.contains(backend))) continue;
    for (const auto& service : each.services) {
      if (is_haproxy_name(service)) wanted.emplace_back(service, backend);
      else unroutable_.push_back(service);
    }
  }
  std::ranges::sort(wanted);
  return wanted;
}

std::string made_backends::route(const give_commands& give, target& cli, const desired_backends& desired,
                                 const live_state& live) {
  if (options_.map.empty()) return {};
  map_fault_.clear();
  const auto wanted = wanted_routes(desired, live);
  if (!routes_) {
    map_fault_ = "HAProxy has no map " + options_.map + "; a rule such as 'use_backend %[req.hdr(host),map(" +
                 options_.map + ")]' and a reload load it";
    return {};
  }
  if (!may_keep_map() || *routes_ == wanted) return {};
  return swap_in(give, cli, wanted);
}

// A version that a broken connection leaves behind is never looked up, and goes with the next commit.
std::string made_backends::swap_in(const give_commands& give, target& cli, const routes& wanted) {
  std::string why;
  const auto prepared = give({"prepare map " + options_.map}, why);
  if (!prepared) return why;
  const auto version = prepared_version(prepared->front());
  if (version.empty()) {
    map_fault_ = "map " + options_.map + ": " + first_line(prepared->front());
    return {};
  }
  const auto start = " map @" + version + " " + options_.map;
  std::vector<std::string> commands;
  commands.reserve(wanted.size() + 1);
  for (const auto& [service, backend] : wanted) commands.push_back("add" + start + " " + service + " " + backend);
  commands.push_back("commit" + start);
  const auto answers = give(commands, why);
  if (!answers) return why;
  const auto now = cli.run({"show map " + options_.map}, why);
  if (!now) return why;
  routes_ = read_map(now->front());
  if (routes_ == wanted) return {};
  map_fault_ = "map " + options_.map + " is not as desired";
  for (std::size_t i = 0; i < commands.size(); ++i)
    if (const auto refusal = refusal_of(commands[i], (*answers)[i]); !refusal.empty()) {
      map_fault_ += ": " + refusal;
      break;
    }
  return {};
}

std::string made_backends::leave(const give_commands& give, const backend_names& unwanted) {
  backend_names leaving;
  std::vector<std::string> commands;
  for (const auto& each : unwanted) {
    if (!made_.contains(each) || leaving_.contains(each)) continue;
    leaving.insert(each);
    published_.erase(each);
    commands.push_back("unpublish backend " + each);
  }
  std::string why;
  if (!give(commands, why)) return why;
  leaving_.merge(leaving);
  return {};
}

std::size_t made_backends::delete_left(const give_commands& give,
                                       const std::function<bool(const std::string&)>& is_in_use) {
  std::vector<std::string> names;
  std::vector<std::string> commands;
  for (const auto& each : leaving_) {
    if (is_in_use(each)) continue;
    names.push_back(each);
    commands.push_back("del backend " + each);
  }
  std::string ignored;
  const auto answers = give(commands, ignored);
  if (!answers) return 0;
  std::size_t gone = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& answer = (*answers)[i];
    if (is_still_used(answer)) continue;
    leaving_.erase(names[i]);  // what is refused is tried again when everything is compared
    if (is_deleted(answer)) {
      ++gone;
      made_.erase(names[i]);
      stuck_.erase(names[i]);
      host_.info("deleted backend " + names[i] + ", whose services are gone");
    } else {
      stuck_.insert_or_assign(names[i], first_line(answer));
    }
  }
  return gone;
}

std::vector<std::string> made_backends::remarks() const {
  std::vector<std::string> all;
  if (!options_.from.empty() && !can_make_)
    all.push_back("HAProxy " + version_ +
                  " makes no backends at run time, 3.4 does; its configuration needs one for each service");
  if (!map_fault_.empty()) all.push_back(map_fault_);
  for (const auto& [backend, why] : stuck_)
    all.push_back("backend " + backend + ", whose services are gone, is not deleted: HAProxy says: " + why);
  return all;
}

// ---- in an attempt to bring about what is desired ----

// A backend that was made for services goes with them.
bool applier::keeps_empty(const std::string& backend) const {
  return options_.keep_empty && (desired_->contains(backend) || !made_.contains(backend));
}

// Makes the backends that HAProxy has not. What went wrong with the connection, or empty.
std::string applier::make_missing(target& cli, attempt& current) {
  backend_names missing;
  for (const auto& backend : current.among) {
    current.unmade.erase(backend);
    const auto desired = desired_->find(backend);
    if (!made_.can_make() || desired == desired_->end() || desired->second.servers.empty()) continue;
    if (current.live.backends.contains(backend)) continue;
    if (auto why = locks_.take(backend, unique_, {}); why.empty()) missing.insert(backend);
    else current.unmade.emplace(backend, std::move(why));
  }
  return made_.make(giving(cli), missing, current.live, current.unmade);
}

// What was made is chosen once it has servers, and what is not desired any more is chosen no more before these leave.
// What went wrong with the connection, or empty.
std::string applier::open_backends(target& cli, attempt& current) {
  backend_names filled;
  backend_names unwanted;
  for (const auto& [backend, each] : current.own_plans()) {
    const auto& servers = current.live.servers_of(backend);
    const bool is_ours_alone =
        std::ranges::all_of(servers, [this](const auto& one) { return is_ours(one.first, one.second, options_.plan); });
    if (!desired_->contains(backend) && is_ours_alone && !current.refusals.contains(backend)) unwanted.insert(backend);
    if (desired_->contains(backend) && !servers.empty()) filled.insert(backend);
  }
  if (auto why = made_.publish(giving(cli), filled, current.refusals); !why.empty()) return why;
  if (auto why = made_.route(giving(cli), cli, *desired_, current.live); !why.empty()) return why;
  return made_.leave(giving(cli), unwanted);
}

give_commands applier::giving(target& cli) const {
  return [this, &cli](const std::vector<std::string>& commands, std::string& why) { return give(cli, commands, why); };
}

// The backends that were made for services which are gone, once their servers are deleted.
void applier::delete_left(target& cli) {
  const auto has_servers = [this](const std::string& backend) {
    const auto first = departures_.lower_bound(backend + "/");
    return desired_->contains(backend) || (first != departures_.end() && backend_part(first->first) == backend);
  };
  if (made_.delete_left(giving(cli), has_servers) > 0) settled_.reset();  // which still has them
}

}  // namespace drcon::haproxy
