// Reading DNS messages, sound and otherwise.
#include "consul_dns/message.hpp"
#include "consul_dns/services.hpp"
#include "support/scripted_dns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace drcon::consul_dns {
namespace {

test::dns_bytes query() { return *make_query("web.service.consul", record_type::srv, 0); }

test::dns_bytes sound() {
  return test::dns_reply(query())
      .srv("n1.node.dc1.consul", 80, 3, 2, 7)
      .srv("0A000001.addr.dc1.consul", 81)
      .a("N1.node.dc1.consul", "10.0.0.9")
      .a("0a000001.addr.dc1.consul", "10.0.0.1")
      .bytes();
}

TEST(DnsMessage, ReadsServicesAndTheirAddresses) {
  const auto read = read_message(sound());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->code, response_code::no_error);
  EXPECT_TRUE(read->authoritative);
  ASSERT_EQ(read->services.size(), 2U);
  EXPECT_EQ(read->services[0].target, "n1.node.dc1.consul");
  EXPECT_EQ(read->services[0].priority, 2);
  EXPECT_EQ(read->services[0].weight, 3);
  EXPECT_EQ(read->services[0].port, 80);
  EXPECT_EQ(read->services[0].ttl, 7U);
  EXPECT_EQ(read->services[1].target, "0a000001.addr.dc1.consul") << "names have no case";
  ASSERT_EQ(read->alongside.size(), 2U);
  EXPECT_EQ(read->alongside[0].name, "n1.node.dc1.consul");
  EXPECT_EQ(read->alongside[0].address, "10.0.0.9");
}

TEST(DnsMessage, RefusesEveryCutOfASoundOne) {
  const auto whole = sound();
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(read_message({whole.data(), length})) << length;
}

TEST(DnsMessage, SurvivesAnyBytes) {
  std::minstd_rand random(2026);  // NOLINT: the same each time
  const auto whole = sound();
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    auto bytes = whole;
    for (auto changes = random() % 4 + 1; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<unsigned char>(random() % 2 == 0 ? 0xc0 | random() : random());
    refused += read_message(bytes) ? 0 : 1;
  }
  EXPECT_GT(refused, 100);
}

TEST(DnsMessage, RefusesANameThatRefersToItself) {
  auto bytes = sound();
  bytes[12] = 0xc0;
  bytes[13] = 12;
  EXPECT_FALSE(read_message(bytes));
}

TEST(DnsMessage, GivesAsAnswerOnlyWhatIsReachedThroughAliases) {
  const auto asked = *make_query("a.x", record_type::a, 0);
  const auto read = read_message(test::dns_reply(asked)
                                     .alias("B.x", "c.x")
                                     .alias("a.x", "b.x")
                                     .alias("c.x", "a.x")  // a loop ends
                                     .a("c.x", "10.0.0.3")
                                     .a("other.x", "10.0.0.4")
                                     .name_server("x", "ns.x")
                                     .glue("ns.x", "10.0.0.1")
                                     .bytes());
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->referral) << "there is an answer";
  const auto found = addresses_of(*read, "a.x");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "a.x");
  EXPECT_EQ(found[0].address, "10.0.0.3");
}

TEST(DnsMessage, KnowsAReferralFromNothing) {
  EXPECT_TRUE(read_message(test::dns_reply(query()).name_server("x", "ns.x").bytes())->referral);
  EXPECT_FALSE(read_message(test::dns_reply(query()).name_server("x", "ns.x").authority("x").bytes())->referral);
  EXPECT_FALSE(read_message(test::dns_reply(query()).bytes())->referral);
}

TEST(DnsMessage, TakesATtlBeyondItsRangeForNone) {
  const auto read = read_message(test::dns_reply(query()).srv("a.x", 80, 1, 1, -1).bytes());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->services.at(0).ttl, 0U);
  EXPECT_EQ(read_message(test::dns_reply(query()).srv("a.x", 80, 1, 1, 86400).bytes())->services.at(0).ttl, 86400U);
}

TEST(DnsMessage, RefusesARecordThatDoesNotEndWhereItSays) {
  auto bytes = test::dns_reply(query()).srv("a.x", 80).bytes();
  const auto length = bytes.size() - 6 - 5 - 1;  // the low byte of the record's length, before its data
  ASSERT_EQ(bytes.at(length), 11);
  bytes.at(length) = 10;
  bytes.pop_back();
  EXPECT_FALSE(read_message(bytes));
}

TEST(DnsMessage, RefusesMoreRecordsThanThereAre) {
  for (const std::size_t count : {5U, 7U, 9U, 11U}) {  // the low bytes of the four counts
    auto bytes = sound();
    bytes.at(count) = 0xff;
    EXPECT_FALSE(read_message(bytes)) << count;
  }
}

TEST(DnsMessage, IsNoQuestion) { EXPECT_FALSE(read_message(query())); }

TEST(DnsMessage, MakesNoQueryOfWhatIsNoName) {
  EXPECT_FALSE(make_query(std::string(300, 'a'), record_type::a, 0));
  EXPECT_FALSE(make_query("a..b", record_type::a, 0));
}

class Endpoints : public ::testing::Test {
protected:
  static srv_record record(const std::string& target, std::uint16_t weight, std::uint16_t priority = 1) {
    return {.priority = priority, .weight = weight, .port = 80, .target = target, .ttl = 0};
  }
  const address_book book_{
      {"a.node.dc1.consul", "10.0.0.1"}, {"0a000002.addr.dc1.consul", "10.0.0.2"}, {"x.example", "2001:db8::1"}};
  const watched_service consul_{.service = "web", .question = "q", .tag = "v1", .of_consul = true};
  const watched_service plain_{.service = "web", .question = "q", .tag = {}, .of_consul = false};
};

TEST_F(Endpoints, CarryPortWeightPriorityNodeAndTag) {
  const auto all = endpoints_of(
      {record("x.example", 7, 30), record("a.node.dc1.consul", 5, 10), record("0a000002.addr.dc1.consul", 1, 10)},
      book_, consul_);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].id, "10.0.0.1:80");
  EXPECT_EQ(all[0].node, "a");
  EXPECT_EQ(all[0].weight, 5U);
  EXPECT_EQ(all[0].priority, 0U) << "relative to the lowest";
  EXPECT_EQ(all[0].tags, std::vector<std::string>{"v1"});
  EXPECT_EQ(all[0].meta.at("datacenter"), "dc1");
  EXPECT_EQ(all[1].meta.at("datacenter"), "dc1");
  EXPECT_TRUE(all[2].meta.empty());
  EXPECT_EQ(all[1].node, "") << "an address names no node";
  EXPECT_EQ(all[2].id, "[2001:db8::1]:80");
  EXPECT_EQ(all[2].priority, 20U);
}

TEST_F(Endpoints, OfWeightZeroAreInWarningAtConsulAndOrdinaryElsewhere) {
  const std::vector records{record("a.node.dc1.consul", 0)};
  EXPECT_TRUE(endpoints_of(records, book_, consul_).empty());
  auto wanted = consul_;
  wanted.warning = true;
  const auto with = endpoints_of(records, book_, wanted);
  ASSERT_EQ(with.size(), 1U);
  EXPECT_EQ(with[0].health, health::warning);
  const auto plain = endpoints_of(records, book_, plain_);
  ASSERT_EQ(plain.size(), 1U);
  EXPECT_EQ(plain[0].health, health::passing);
  EXPECT_EQ(plain[0].weight, 1U);
}

// Servers shuffle; two records may come to one address and port.
TEST_F(Endpoints, AreTheSameInAnyOrder) {
  auto book = book_;
  book.emplace("b.node.dc1.consul", "10.0.0.1");
  std::vector records{record("a.node.dc1.consul", 5), record("b.node.dc1.consul", 9), record("x.example", 2, 3),
                      record("a.node.dc1.consul", 1, 2)};
  std::ranges::sort(records);
  const auto expected = endpoints_of(records, book, consul_);
  ASSERT_EQ(expected.size(), 2U);
  EXPECT_EQ(expected[0].weight, 9U);
  do EXPECT_EQ(endpoints_of(records, book, consul_), expected);
  while (std::ranges::next_permutation(records).found);
}

TEST_F(Endpoints, OfARootTargetAreNone) { EXPECT_TRUE(endpoints_of({record("", 1)}, book_, plain_).empty()); }

TEST_F(Endpoints, NeedAnAddressForEachTarget) {
  EXPECT_EQ(unresolved({record("b.example", 1), record("a.node.dc1.consul", 1), record("b.example", 2), record("", 1)},
                       book_),
            std::vector<std::string>{"b.example"});
}

TEST(AddressBook, PrefersIPv4AndIsTheSameInAnyOrder) {
  address_book one;
  add_addresses({{"n", "2001:db8::1", 0}, {"n", "10.0.0.2", 0}, {"n", "10.0.0.1", 0}}, one);
  address_book other;
  add_addresses({{"n", "10.0.0.1", 0}, {"n", "10.0.0.2", 0}, {"n", "2001:db8::1", 0}}, other);
  EXPECT_EQ(one, other);
  EXPECT_EQ(one["n"], "10.0.0.1");
}

}  // namespace
}  // namespace drcon::consul_dns
