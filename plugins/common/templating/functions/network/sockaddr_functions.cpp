// sockaddr: addresses of this machine, asked for in the small language of go-sockaddr, which is a Go template of its
// own:
// {{sockaddr "GetPrivateInterfaces | include \"name\" \"eth\" | attr \"address\""}}.
#include "common/templating/format/number.hpp"
#include "common/templating/format/quote.hpp"
#include "common/templating/format/unicode.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/functions/network/address.hpp"
#include "common/templating/functions/text.hpp"
#include "common/templating/go/template.hpp"
#include "common/templating/parameter_lists.hpp"
#include "common/templating/pattern/pattern.hpp"

#include <algorithm>

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;
using addresses = std::vector<interface_address>;

const field address_fields[] = {
    {.name = "Name",
     .get = [](const void* self, memory&) { return value(static_cast<const interface_address*>(self)->interface); }},
    {.name = "Flags",
     .get = [](const void* self, memory&) { return value(static_cast<const interface_address*>(self)->flags); }},
};
const object_class address_class{.type = "sockaddr.IfAddr", .fields = address_fields};

using address_span = std::span<const interface_address>;
const list_class addresses_class{
    .type = "sockaddr.IfAddrs",
    .size = [](const void* self) { return static_cast<const address_span*>(self)->size(); },
    .at = [](const void* self, std::size_t index,
             memory&) { return value(&(*static_cast<const address_span*>(self))[index], address_class); },
    .any = false};

value list_of(invocation& in, const addresses& all) {
  auto* kept = static_cast<interface_address*>(
      in.scratch().take(all.size() * sizeof(interface_address) + 1, alignof(interface_address)));
  std::uninitialized_copy(all.begin(), all.end(), kept);
  return {in.scratch().make<address_span>(kept, all.size()), addresses_class};
}

addresses list_in(const value& of) {
  const auto& all = *static_cast<const address_span*>(of.self());
  return {all.begin(), all.end()};
}

addresses all_addresses(const invocation& in) {
  // The list that the rendering began with: see call_sockaddr.
  const auto& all = *static_cast<const address_span*>(in.around().host);
  return {all.begin(), all.end()};
}

// --- conditions

using condition = std::function<bool(const interface_address&)>;

template <typename Visit>
void each_word(std::string_view text, Visit visit) {
  for (;;) {
    const auto mark = text.find('|');
    visit(text.substr(0, mark));
    if (mark == std::string_view::npos) return;
    text.remove_prefix(mark + 1);
  }
}

bool has_flag(std::string_view flags, std::string_view wanted) {
  bool found = false;
  each_word(flags, [&](std::string_view each) { found = found || each == wanted; });
  return found;
}

bool starts_with(const ip_address& address, unsigned char first, unsigned char second, unsigned char mask) {
  return address.bytes[0] == first && (address.bytes[1] & mask) == second;
}

condition by_flags(std::string_view words) {
  struct wanted {
    std::vector<std::string> of_interface;
    std::vector<condition> of_address;
  };
  wanted all;
  bool looks_at_interface = false;
  const auto any_network = [](std::initializer_list<std::string_view> networks) {
    return [networks = std::vector<std::string_view>(networks)](const interface_address& one) {
      return std::ranges::any_of(networks, [&](auto each) { return ip_address::read(each)->contains(one.address); });
    };
  };
  each_word(words, [&](std::string_view word) {
    const auto of_interface = [&](std::string_view name) {
      looks_at_interface = true;
      if (!name.empty()) all.of_interface.emplace_back(name);
    };
    if (word == "broadcast" || word == "up") of_interface(word);
    else if (word == "down") of_interface("");
    else if (word == "point-to-point") of_interface("pointtopoint");
    else if (word == "loopback" || word == "multicast") of_interface(word);
    if (word == "loopback") all.of_address.push_back(any_network({"127.0.0.0/8", "::1/128"}));
    else if (word == "multicast") all.of_address.push_back(any_network({"224.0.0.0/4", "ff00::/8"}));
    else if (word == "unspecified") all.of_address.push_back(any_network({"0.0.0.0/32", "::/128"}));
    else if (word == "link-local unicast") all.of_address.push_back(any_network({"169.254.0.0/16", "fe80::/10"}));
    else if (word == "link-local multicast")
      all.of_address.push_back([](const interface_address& one) {
        return one.address.is_ipv6 ? starts_with(one.address, 0xff, 0x02, 0x0f)
                                   : ip_address::read("224.0.0.0/24")->contains(one.address);
      });
    else if (word == "interface-local multicast")
      all.of_address.push_back([](const interface_address& one) {
        return one.address.is_ipv6 && starts_with(one.address, 0xff, 0x01, 0x0f);
      });
    else if (word == "global unicast")
      all.of_address.push_back(
          [special = any_network({"255.255.255.255/32", "0.0.0.0/32", "::/128", "127.0.0.0/8", "::1/128", "224.0.0.0/4",
                                  "ff00::/8", "169.254.0.0/16", "fe80::/10"})](const interface_address& one) {
            return !special(one);
          });
    else if (word == "forwardable")
      all.of_address.push_back([](const interface_address& one) { return !is_in_rfc(one.address, not_forwarded); });
    else if (word != "broadcast" && word != "up" && word != "down" && word != "point-to-point")
      throw failure("Unknown interface flag: " + go_quoted(word, characters::ascii));
  });
  return [all = std::move(all), looks_at_interface](const interface_address& one) {
    const bool has_all = looks_at_interface && std::ranges::all_of(all.of_interface, [&](const auto& each) {
                           return has_flag(one.flags, each);
                         });
    return has_all || std::ranges::any_of(all.of_address, [&](const auto& each) { return each(one); });
  };
}

condition by_pattern(invocation& in, std::string_view what, std::string_view text,
                     std::function<std::string(const interface_address&)> shown) {
  in.spend(text.size() + 1);
  try {
    return [&in, expression = pattern(text), shown = std::move(shown)](const interface_address& one) {
      return expression.matches(shown(one), [&](std::uint64_t steps) { in.spend(steps); });
    };
  } catch (const failure& wrong) {
    throw failure("Unable to compile " + std::string(what) + " regexp " + go_quoted(text, characters::ascii) + ": " +
                  wrong.text());
  }
}

condition by_type(std::string_view words) {
  std::vector<std::string> all;
  each_word(words, [&](std::string_view word) {
    if (word != "ip" && word != "ipv4" && word != "ipv6" && word != "unix")
      throw failure("unsupported type " + go_quoted(word) + " " + go_quoted(words));
    all.emplace_back(word);
  });
  return [all](const interface_address& one) {
    return std::ranges::any_of(
        all, [&](const std::string& each) { return each == "ip" || each == (one.address.is_ipv6 ? "ipv6" : "ipv4"); });
  };
}

// Those that an RFC or a network has; with several, one address may be there several times, as by go-sockaddr.
addresses filtered(const addresses& all, const condition& fits, bool wanted) {
  addresses result;
  std::ranges::copy_if(all, std::back_inserter(result), [&](const auto& each) { return fits(each) == wanted; });
  return result;
}

addresses by_rfcs(const addresses& all, std::string_view words, bool wanted) {
  addresses result;
  each_word(words, [&](std::string_view word) {
    const auto number = read_unsigned(word, 10);
    const auto why = "unable to lookup RFC number " + go_quoted(word) + ": ";
    if (!number)
      throw failure(why + "unable to parse RFC number " + go_quoted(word) + ": strconv.ParseUint: parsing " +
                    go_quoted(word) + ": invalid syntax");
    const auto rfc = static_cast<unsigned>(std::min<std::uint64_t>(number.number, 0xffffffffU));
    if (rfc == not_forwarded || !networks_of_rfc(rfc)) throw failure(why + "unsupported RFC " + std::string(word));
    const auto found = filtered(
        all, [&](const auto& one) { return is_in_rfc(one.address, rfc); }, wanted);
    result.insert(result.end(), found.begin(), found.end());
  });
  return result;
}

addresses by_networks(const addresses& all, std::string_view words, bool wanted) {
  addresses result;
  each_word(words, [&](std::string_view word) {
    const auto network = ip_address::read(word);
    if (!network)
      throw failure("unable to create an IP address from " + go_quoted(word, characters::ascii) + ": invalid IPAddr " +
                    std::string(word));
    const auto found = filtered(
        all, [&](const auto& one) { return network->contains(one.address); }, wanted);
    result.insert(result.end(), found.begin(), found.end());
  });
  return result;
}

addresses by_size(const addresses& all, std::string_view word, bool wanted) {
  const auto size = read_unsigned(word, 10);
  if (!size)
    throw failure("invalid exclude size argument (" + go_quoted(word) + "): strconv.ParseUint: parsing " +
                  go_quoted(word) + ": invalid syntax");
  return filtered(
      all, [&](const auto& one) { return one.address.prefix == size.number; }, wanted);
}

value chosen(invocation& in, arguments all, bool wanted) {
  const auto what = to_lower(all[0].text());
  const auto by = all[1].text();
  const auto list = list_in(all[2]);
  in.spend(list.size() + 1);
  const auto fitting = [&](const condition& fits) { return list_of(in, filtered(list, fits, wanted)); };
  if (what == "name")
    return fitting(by_pattern(in, what, by, [](const auto& one) { return std::string(one.interface); }));
  if (what == "address") return fitting(by_pattern(in, what, by, [](const auto& one) { return one.address.text(); }));
  if (what == "port") return fitting(by_pattern(in, what, by, [](const auto&) { return std::string("0"); }));
  if (what == "flag" || what == "flags") return fitting(by_flags(to_lower(by)));
  if (what == "type") return fitting(by_type(to_lower(by)));
  if (what == "rfc" || what == "rfcs") return list_of(in, by_rfcs(list, by, wanted));
  if (what == "network") return list_of(in, by_networks(list, by, wanted));
  if (what == "size") return list_of(in, by_size(list, by, wanted));
  throw failure("invalid " + std::string(wanted ? "include" : "exclude") + " selector " + go_quoted(all[0].text()));
}
value call_include(invocation& in, arguments all) { return chosen(in, all, true); }
value call_exclude(invocation& in, arguments all) { return chosen(in, all, false); }

// --- order

int sign(bool is_less, bool is_greater) { return is_less ? -1 : is_greater ? 1 : 0; }

int compare(std::string_view what, const interface_address& a, const interface_address& b) {
  if (what == "default") return sign(a.is_default && !b.is_default, !a.is_default && b.is_default);
  if (what == "name") return sign(a.interface<b.interface, a.interface> b.interface);
  if (what == "port") return 0;
  if (what == "type") return sign(!a.address.is_ipv6 && b.address.is_ipv6, a.address.is_ipv6 && !b.address.is_ipv6);
  if (what == "private") {
    const bool is_private_a = is_in_rfc(a.address, 6890);
    const bool is_private_b = is_in_rfc(b.address, 6890);
    return sign(is_private_a && !is_private_b, !is_private_a && is_private_b);
  }
  if (a.address.is_ipv6 != b.address.is_ipv6) return 0;
  if (what == "address") return sign(a.address.bytes<b.address.bytes, a.address.bytes> b.address.bytes);
  return sign(a.address.prefix<b.address.prefix, a.address.prefix> b.address.prefix);
}

addresses sorted(addresses all, std::string_view clauses) {
  struct clause {
    std::string what;
    bool goes_down = false;
  };
  std::vector<clause> order;
  for (auto rest = clauses;;) {
    const auto end = rest.find(',');
    const auto shown = rest.substr(0, end);
    auto what = to_lower(trim_space(shown));
    const bool goes_down = what.starts_with('-');
    if (goes_down || what.starts_with('+')) what.erase(0, 1);
    static constexpr std::string_view known[] = {"address", "default", "name", "port", "private", "size", "type"};
    if (std::ranges::find(known, what) == std::end(known)) throw failure("unknown sort type: " + go_quoted(shown));
    order.push_back({what, goes_down});
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  std::ranges::stable_sort(all, [&](const auto& a, const auto& b) {
    for (const auto& each : order)
      if (const auto result = compare(each.what, a, b); result != 0) return (result < 0) != each.goes_down;
    return false;
  });
  return all;
}
value call_sort(invocation& in, arguments all) {
  const auto list = list_in(all[1]);
  in.spend(16 * list.size() + 1);
  return list_of(in, sorted(list, all[0].text()));
}

value call_unique(invocation& in, arguments all) {
  const auto what = to_lower(all[0].text());
  if (what != "address" && what != "name")
    throw failure("unsupported unique constraint " + go_quoted(all[0].text(), characters::ascii));
  addresses result;
  std::string last;
  for (const auto& each : list_in(all[1])) {
    const auto shown = what == "name" ? std::string(each.interface) : each.address.text();
    if (last.empty() || shown != last) result.push_back(each);
    last = shown;
  }
  return list_of(in, result);
}

value call_limit(invocation& in, arguments all) {
  auto list = list_in(all[1]);
  list.resize(std::min(list.size(), static_cast<std::size_t>(std::max<std::int64_t>(all[0].whole(), 0))));
  return list_of(in, list);
}
value call_offset(invocation& in, arguments all) {
  const auto list = list_in(all[1]);
  const bool is_from_end = all[0].whole() < 0;
  const auto count = is_from_end ? 0 - static_cast<std::uint64_t>(all[0].whole()) : all[0].natural();
  if (count > list.size())
    throw failure("unable to seek past the end of the interface array: offset (" + std::to_string(count) +
                  ") exceeds the number of interfaces (" + std::to_string(list.size()) + ")");
  const auto skipped = static_cast<std::ptrdiff_t>(is_from_end ? list.size() - count : count);
  return list_of(in, {list.begin() + skipped, list.end()});
}

// --- what is shown

std::string attribute(const interface_address& of, std::string_view asked) {
  const auto name = to_lower(asked);
  if (name == "name") return std::string(of.interface);
  if (name == "flags") return std::string(of.flags);
  if (name == "address" || name == "host") return of.address.host();
  if (name == "network") return of.address.network().host();
  if (name == "netmask") return of.address.netmask();
  if (name == "mask_bits") return std::to_string(of.address.prefix);
  if (name == "port") return "0";
  if (name == "string") return of.address.text();
  if (name == "type") return of.address.is_ipv6 ? "IPv6" : "IPv4";
  throw failure("unsupported attribute name " + go_quoted(name));
}

value call_attr(invocation& in, arguments all) {
  if (all[1].is(kind::object))
    return in.text(attribute(*static_cast<const interface_address*>(all[1].self()), all[0].text()));
  if (!all[1].is(kind::list) || &all[1].as_list() != &addresses_class)
    throw failure("unable to obtain attribute " + std::string(all[0].text()) + " from type " +
                  std::string(all[1].is_there() ? all[1].type() : "<nil>"));
  const auto list = list_in(all[1]);
  return list.empty() ? value(std::string_view()) : in.text(attribute(list.front(), all[0].text()));
}
value call_join(invocation& in, arguments all) {
  bounded_text result(in);
  bool is_first = true;
  for (const auto& each : list_in(all[2])) {
    if (!is_first) result.add(all[1].text());
    is_first = false;
    result.add(attribute(each, all[0].text()));
  }
  return result.take();
}

// --- lists to begin with

addresses reachable(const invocation& in, bool is_private) {
  auto all = filtered(all_addresses(in), by_flags("forwardable"), true);
  all = sorted(filtered(all, by_flags("up"), true), "default,type,size");
  return by_rfcs(all, "6890", is_private);
}
std::string hosts(const addresses& all) {
  std::string result;
  for (const auto& each : all) (result += result.empty() ? "" : " ") += each.address.host();
  return result;
}
std::string first_host(const addresses& all) { return all.empty() ? "" : all.front().address.host(); }

value call_all_interfaces(invocation& in, arguments) { return list_of(in, all_addresses(in)); }
value call_default_interfaces(invocation& in, arguments) {
  return list_of(in, filtered(
                         all_addresses(in), [](const auto& one) { return one.is_default; }, true));
}
value call_private_interfaces(invocation& in, arguments) { return list_of(in, reachable(in, true)); }
value call_public_interfaces(invocation& in, arguments) { return list_of(in, reachable(in, false)); }
value call_private_ip(invocation& in, arguments) { return in.text(first_host(reachable(in, true))); }
value call_public_ip(invocation& in, arguments) { return in.text(first_host(reachable(in, false))); }
value call_private_ips(invocation& in, arguments) {
  return in.text(hosts(by_rfcs(sorted(all_addresses(in), "type,size"), "6890", true)));
}
value call_public_ips(invocation& in, arguments) {
  return in.text(hosts(by_rfcs(sorted(all_addresses(in), "type,size"), "6890", false)));
}
addresses of_interface(invocation& in, std::string_view name) {
  const auto fits = by_pattern(in, "name", name, [](const auto& one) { return std::string(one.interface); });
  return sorted(filtered(all_addresses(in), fits, true), "type,size");
}
value call_interface_ip(invocation& in, arguments all) {
  return in.text(first_host(filtered(of_interface(in, all[0].text()), by_flags("forwardable"), true)));
}
value call_interface_ips(invocation& in, arguments all) { return in.text(hosts(of_interface(in, all[0].text()))); }

constexpr parameter list{parameter::form::typed, "sockaddr.IfAddrs"};
constexpr parameter text_and_list[] = {takes::text, list};
constexpr parameter two_texts_and_list[] = {takes::text, takes::text, list};
constexpr parameter number_and_list[] = {takes::integer, list};

constexpr function small_language[] = {
    {"GetAllInterfaces", {}, false, call_all_interfaces, "", "all addresses"},
    {"GetDefaultInterfaces", {}, false, call_default_interfaces, "", "those of the interface with the default route"},
    {"GetInterfaceIP", expects::text, false, call_interface_ip, "NAME", "the address of an interface"},
    {"GetInterfaceIPs", expects::text, false, call_interface_ips, "NAME", "the addresses of an interface"},
    {"GetPrivateIP", {}, false, call_private_ip, "", "the private address"},
    {"GetPrivateIPs", {}, false, call_private_ips, "", "the private addresses"},
    {"GetPrivateInterfaces", {}, false, call_private_interfaces, "", "the private addresses, best first"},
    {"GetPublicIP", {}, false, call_public_ip, "", "the public address"},
    {"GetPublicIPs", {}, false, call_public_ips, "", "the public addresses"},
    {"GetPublicInterfaces", {}, false, call_public_interfaces, "", "the public addresses, best first"},
    {"attr", expects::text_and_any, false, call_attr, "NAME LIST", "what the first one has"},
    {"exclude", two_texts_and_list, false, call_exclude, "WHAT VALUE LIST", "those that do not fit"},
    {"include", two_texts_and_list, false, call_include, "WHAT VALUE LIST", "those that fit"},
    {"join", two_texts_and_list, false, call_join, "NAME SEPARATOR LIST", "what each one has"},
    {"limit", number_and_list, false, call_limit, "COUNT LIST", "the first ones"},
    {"offset", number_and_list, false, call_offset, "COUNT LIST", "all but the first ones"},
    {"sort", text_and_list, false, call_sort, "WHAT LIST", "in this order"},
    {"unique", text_and_list, false, call_unique, "WHAT LIST", "each one once in a row"},
};

// The place is one of the expression, not of the operator's file, so it is as go-sockaddr has it: columns from 0.
std::string place_and_text(const fault& wrong) {
  const auto line = "template: " + wrong.name + ":" + std::to_string(wrong.where.line) + ":";
  if (!wrong.text.starts_with("executing ")) return line + " " + wrong.text;
  return line + std::to_string(wrong.where.column - 1) + ": " + wrong.text;
}

value call_sockaddr(invocation& in, arguments all) {
  if (!in.around().network) throw failure("sockaddr: the addresses of this machine are not offered here");
  static const function_table known{go::built_in_functions(), small_language};
  std::string text = "{{ ";
  for (std::size_t i = 0; i < all.size(); ++i) (text += i > 0 ? " " : "") += all[i].text();
  text += " }}";

  const auto found = in.around().network();
  addresses addressed;
  for (const auto& each : found)
    if (auto address = ip_address::read(each.address)) {
      address->prefix = std::min(each.prefix, address->bits());
      addressed.push_back({each.interface, each.flags, *address, each.is_default});
    }
  const address_span whole(addressed);
  surroundings around{.bounds = in.around().bounds, .missing = missing_key::fault, .host = &whole};
  around.bounds.depth = std::min<std::size_t>(around.bounds.depth, 50);
  around.bounds.steps = std::min<std::uint64_t>(around.bounds.steps, 1'000'000);
  in.spend(1000);

  const auto shown = go_quoted(text, characters::ascii);
  auto read = go::text_template::read("sockaddr.Parse", text, known);
  if (const auto* wrong = std::get_if<fault>(&read))
    throw failure("unable to parse template " + shown + ": " + place_and_text(*wrong));
  std::string output;
  if (const auto wrong = std::get<go::text_template>(read).render({&whole, addresses_class}, around, output))
    throw failure("unable to execute sockaddr input " + shown + ": " + place_and_text(*wrong));
  return in.text(output);
}

constexpr function network_table[] = {
    {"sockaddr", expects::text, true, call_sockaddr, "EXPRESSION…",
     "addresses of this machine: GetPrivateIP, GetInterfaceIP \"eth0\" …"},
};

}  // namespace

std::span<const function> network_functions() { return network_table; }

}  // namespace drcon::templating
