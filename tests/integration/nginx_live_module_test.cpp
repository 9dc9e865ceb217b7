// What nginx itself runs in mode "live": what its location takes, and that nothing else gets in.
#include "support/backend.hpp"
#include "support/nginx_server.hpp"
#include "support/plugin_harness.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <future>
#include <optional>
#include <random>
#include <thread>

namespace drcon::test {
namespace {

using ::testing::HasSubstr;

std::string checksum(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> whole{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), whole.data(), &length, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += "0123456789abcdef"[whole.at(i) >> 4U];
    hex += "0123456789abcdef"[whole.at(i) & 15U];
  }
  return hex;
}

std::string set_of(const std::string& version, const std::string& text) {
  return "drcon-peers 1 " + version + " " + checksum(version + "\n" + text) + "\n" + text;
}

// Sends bytes, and reads to the end what comes back.
std::string exchange(const std::filesystem::path& socket, const std::string& bytes, bool close_at_once = false) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::local::stream_protocol::socket connection(context);
  boost::system::error_code error;
  connection.connect(socket.string(), error);
  if (error) return "no connection: " + error.message();
  asio::write(connection, asio::buffer(bytes), error);
  if (close_at_once) return {};
  connection.shutdown(asio::socket_base::shutdown_send, error);
  std::string answer;
  asio::read(connection, asio::dynamic_buffer(answer), error);
  return answer;
}

// Connections that wait until somebody accepts them, as many as there may be.
class full_queue {
public:
  explicit full_queue(const std::filesystem::path& socket) {
    const boost::asio::local::stream_protocol::endpoint to(socket.string());
    for (bool has_room = true; has_room;) {
      connections_.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      has_room = ::connect(connections_.back(), to.data(), static_cast<socklen_t>(to.size())) == 0;
    }
  }
  ~full_queue() {
    for (const auto each : connections_) ::close(each);
  }
  full_queue(const full_queue&) = delete;
  full_queue& operator=(const full_queue&) = delete;

private:
  std::vector<int> connections_;
};

std::string put_request(const std::string& body) {
  return "PUT /peers HTTP/1.1\r\nHost: drcon\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class NginxLiveModule : public ::testing::Test {
protected:
  void SetUp() override { serve_with(lua_module); }
  // A sink makes the include file and the first set; then it is gone.
  void serve_with(const std::string& module) {
    nginx_.stop();
    nginx_.load_lua(true, 2);
    nginx_.start();
    sink_harness sink("nginx", nginx_.options() + "mode = \"live\"\nlive_module = \"" + module + "\"\n");
    sink.start();
    service web{.name = "web", .revision = 1, .endpoints = {}};
    web.endpoints.push_back(
        {.id = "a", .node = "n", .address = "127.0.0.1", .port = a_.port(), .tags = {}, .meta = {}});
    const auto how = sink.apply({web});
    ASSERT_EQ(how.result, DRCON_OK) << how.why;
    nginx_.serve("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; } }");
    nginx_.reload();
    // Those of earlier generations have ended.
    ASSERT_TRUE(wait_until([&] { return nginx_.get().body == "a\n" && nginx_.workers().size() == 2; }));
  }
  std::filesystem::path socket() const { return nginx_.file().parent_path() / ".drcon.conf.live/socket"; }
  std::string put(const std::string& body) const { return exchange(socket(), put_request(body)); }
  static std::string line(const backend& which) { return "127.0.0.1:" + std::to_string(which.port()) + " 1 0 u 0\n"; }

  nginx_server nginx_;
  backend a_{"a"};
  backend b_{"b"};
};

TEST_F(NginxLiveModule, TakesAWholeSetAndRefusesAnOlderOne) {
  EXPECT_THAT(put(set_of("7", "service web\n" + line(b_))), HasSubstr("version 7\n"));
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"b"});
  const auto older = put(set_of("6", "service web\n" + line(a_)));
  EXPECT_THAT(older, HasSubstr("409"));
  EXPECT_THAT(older, HasSubstr("version 6 is not newer than 7"));
  EXPECT_THAT(put(set_of("7", "service web\n" + line(a_))), HasSubstr("409")) << "another set of the same version";
  EXPECT_THAT(put(set_of("7", "service web\n" + line(b_))), HasSubstr("200 OK")) << "the same once more";
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"b"});
}

TEST_F(NginxLiveModule, ChangesNothingForWhatIsNoSet) {
  const std::string good = "service web\n" + line(b_);
  const auto peer = [](const std::string& text) { return set_of("9", "service web\n" + text + "\n"); };
  for (const auto& body : {std::string(),
                           std::string("x"),
                           good,
                           set_of("9", good).substr(0, 60),
                           set_of("0", good),
                           set_of("-1", good),
                           set_of("99999999999999999999", good),
                           set_of("9", good) + "x",
                           "drcon-peers 2 9 " + checksum("9\n" + good) + "\n" + good,
                           set_of("9", good + good),
                           set_of("9", line(b_)),
                           set_of("9", "service web"),
                           set_of("9", "service \n"),
                           set_of("9", "service a b\n"),
                           set_of("9", "service ../web\n" + line(b_)),
                           set_of("9", "service " + std::string(300, 'a') + "\n"),
                           peer("127.0.0.1:0 1 0 u 0"),
                           peer("127.0.0.1:65536 1 0 u 0"),
                           peer("127.0.0.1:80 0 0 u 0"),
                           peer("127.0.0.1:80 65536 0 u 0"),
                           peer("127.0.0.1:80 1 10 u 0"),
                           peer("127.0.0.1:80 1 0 x 0"),
                           peer("127.0.0.1:80 1 0 u"),
                           peer("127.0.0.1 1 0 u 0"),
                           peer("127.0.0.256:80 1 0 u 0"),
                           peer("host.name:80 1 0 u 0"),
                           peer("unix:/tmp/x:80 1 0 u 0"),
                           peer("[::1:80 1 0 u 0"),
                           peer("::1:80 1 0 u 0"),
                           peer("[127.0.0.1]:80 1 0 u 0"),
                           peer("127.0.0.1:80  1 0 u 0"),
                           peer("127.0.0.1:80 1 0 u 0\n127.0.0.1:80 2 0 u 0"),
                           peer("127.0.0.1:80 1 0 u 0\r"),
                           peer(std::string(100000, '1'))})
    EXPECT_THAT(put(body), HasSubstr("400 Bad Request")) << body.substr(0, 100);
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"a"});
  EXPECT_THAT(put(set_of("9", good)), HasSubstr("200 OK"));
}

TEST_F(NginxLiveModule, ChangesNothingForARequestThatIsCutShort) {
  const auto whole = put_request(set_of("9", "service web\n" + line(b_)));
  for (std::size_t size = 0; size < whole.size(); size += 7) exchange(socket(), whole.substr(0, size), size % 2 == 0);
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"a"});
  EXPECT_THAT(exchange(socket(), "GET / HTTP/1.1\r\nHost: drcon\r\nConnection: close\r\n\r\n"), HasSubstr("404"));
  EXPECT_THAT(exchange(socket(), "DELETE /peers HTTP/1.1\r\nHost: drcon\r\nConnection: close\r\n\r\n"),
              HasSubstr("404"));
}

// Sets that are nearly right, with a checksum that matches, get further than other bytes. Some are right by chance.
TEST_F(NginxLiveModule, TakesOrRefusesEachSetWholeWhateverItSays) {
  const auto workers = nginx_.workers();
  std::minstd_rand random(7);  // NOLINT: the same each time
  const auto good = "service more\n" + line(a_) + "service web\n" + line(b_);
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    auto text = good;
    for (unsigned n = random() % 4 + 1; n > 0; --n) {
      const auto place = random() % text.size();
      if (random() % 3 == 0) text.erase(place, random() % 5);
      else if (random() % 2 == 0) text.insert(place, 1, static_cast<char>(random() % 256));
      else text[place] = static_cast<char>(random() % 256);
    }
    const auto answer = put(set_of(std::to_string(i + 100), text));
    const bool taken = answer.find("200 OK") != std::string::npos;
    refused += taken ? 0 : 1;
    EXPECT_TRUE(taken || answer.find("400 Bad Request") != std::string::npos) << text << answer;
  }
  EXPECT_GT(refused, 300);
  EXPECT_EQ(nginx_.workers(), workers) << "no worker has died";
  EXPECT_EQ(nginx_.log().find("runtime error"), std::string::npos) << nginx_.log();
  EXPECT_THAT(put(set_of("1000", good)), HasSubstr("200 OK"));
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"b"});
}

// ---- a worker is stopped or killed while it puts a set in its place ----

class NginxLiveWriter : public NginxLiveModule, public ::testing::WithParamInterface<const char*> {
protected:
  // The module, with a place at which a worker meets a signal, once, when a file says which.
  void SetUp() override {
    auto text = read_file(lua_module);
    const std::string place = GetParam();
    ASSERT_NE(text.find(place), std::string::npos);
    text.replace(text.find(place), 0,
                 "local gate = io.open('" + gate().string() +
                     "') if gate then local ffi, signal = require 'ffi', tonumber(gate:read('*a')) gate:close() "
                     "os.remove('" +
                     gate().string() + "') ffi.cdef 'int raise(int);' ffi.C.raise(signal) end\n");
    write_file(module(), text);
    serve_with(module());
  }
  // With the next set that comes, a worker meets the signal.
  void meet(int signal) const { write_file(gate(), std::to_string(signal)); }
  bool has_met() const { return !std::filesystem::exists(gate()); }
  std::filesystem::path gate() const { return nginx_.prefix() / "gate"; }
  std::filesystem::path module() const { return nginx_.prefix() / "drcon.lua"; }

  static std::optional<pid_t> stopped_of(const std::set<pid_t>& workers) {
    for (const auto each : workers)
      if (read_file("/proc/" + std::to_string(each) + "/stat").find(") T ") != std::string::npos) return each;
    return {};
  }
  std::string set(int version, const backend& which) const {
    return set_of(std::to_string(version), "service web\n" + line(which));
  }
};

TEST_P(NginxLiveWriter, AKilledOneHoldsUpNobody) {
  meet(SIGKILL);
  EXPECT_THAT(put(set(10, b_)), Not(HasSubstr("200 OK")));
  ASSERT_TRUE(has_met());
  EXPECT_THAT(put(set(11, b_)), HasSubstr("200 OK")) << "at once";
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"b"});
  meet(SIGKILL);
  EXPECT_THAT(put(set(12, a_)), Not(HasSubstr("200 OK")));
  EXPECT_THAT(put(set(12, a_)), HasSubstr("200 OK")) << "the same once more";
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"a"});
  nginx_.replace_workers();
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"a"});
}

TEST_P(NginxLiveWriter, AStoppedOneHoldsUpNobodyAndBringsNothingOldBackWhenItGoesOn) {
  const backend c("c");
  meet(SIGSTOP);
  auto first = std::async(std::launch::async, [&] { return put(set(10, a_)); });
  ASSERT_TRUE(wait_until([&] { return has_met() && stopped_of(nginx_.workers()); }));
  const auto stopped = *stopped_of(nginx_.workers());
  EXPECT_THAT(put(set(11, b_)), HasSubstr("200 OK")) << "at once";
  EXPECT_THAT(put(set(12, c)), HasSubstr("200 OK"));
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"c"});
  ::kill(stopped, SIGCONT);
  first.get();
  EXPECT_THAT(exchange(socket(), "GET /state HTTP/1.1\r\nHost: drcon\r\nConnection: close\r\n\r\n"),
              HasSubstr("version 12\n"));
  EXPECT_EQ(answerers(nginx_.port(), 40), std::set<std::string>{"c"});
  nginx_.replace_workers();
  EXPECT_EQ(answerers(nginx_.port(), 40), std::set<std::string>{"c"}) << "those that are started now have it, too";
}

// Before the set is put there, before it is named, while it is, and before those that it replaces are removed.
INSTANTIATE_TEST_SUITE_P(AtEachStep, NginxLiveWriter,
                         ::testing::Values("local ok, fault = dict:safe_add(key, body)", "  publish()\n  return true",
                                           "dict:safe_set(\"version\", last) end",
                                           "for key, number in pairs(sets) do if number < last"));

// As after a stall of some minutes: nobody accepts, and no connection finds a place in the queue.
TEST_F(NginxLiveModule, IsCheckedByNginxWhileTheQueueOfItsSocketIsFull) {
  const auto workers = nginx_.workers();
  for (const auto each : workers) ::kill(each, SIGSTOP);
  {
    const full_queue queue(socket());
    const auto checked = run({"nginx", "-t", "-p", nginx_.prefix().string(), "-c", nginx_.config().string()});
    EXPECT_EQ(checked.code, 0) << checked.err;
    nginx_.reload();
    EXPECT_TRUE(wait_until([&] { return nginx_.workers().size() == 4; })) << "the master does not wait, either";
  }
  for (const auto each : workers) ::kill(each, SIGCONT);
  EXPECT_TRUE(wait_until([&] { return nginx_.workers().size() == 2; }));
  EXPECT_EQ(answerers(nginx_.port(), 12), std::set<std::string>{"a"});
}

// Sets that follow each other quickly, from several sides, while requests run and nginx is reloaded.
TEST_F(NginxLiveModule, EveryRequestIsAnsweredWhileSetsChangeAndNginxIsReloaded) {
  std::atomic<bool> done = false;
  std::atomic<int> failed = 0;
  std::atomic<int> requests = 0;
  std::atomic<std::uint64_t> version = 100;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      while (!done) {
        ++requests;
        if (nginx_.get().status != 200) ++failed;
      }
    });
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&, i] {
      while (!done) put(set_of(std::to_string(++version), "service web\n" + (i == 0 ? line(a_) : line(a_) + line(b_))));
    });
  for (int i = 0; i < 3; ++i) {
    const auto before = requests.load();
    EXPECT_TRUE(wait_until([&] { return requests > before + 100; }));
    nginx_.reload();
  }
  EXPECT_TRUE(wait_until([&] { return requests > 1000; }));
  done = true;
  threads.clear();
  EXPECT_EQ(failed, 0) << "of " << requests << " requests with " << version - 100 << " sets";
  const auto last = set_of(std::to_string(version + 1), "service web\n" + line(b_));
  EXPECT_TRUE(wait_until([&] { return put(last).find("200 OK") != std::string::npos; }));
  EXPECT_EQ(answerers(nginx_.port(), 20), std::set<std::string>{"b"});
}

}  // namespace
}  // namespace drcon::test
