#include "nginx/own_upstreams.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace drcon::nginx {
namespace {

using names = std::set<std::string>;

TEST(OwnUpstreams, AreTheBlocksOfThatNameWithinHttp) {
  EXPECT_EQ(upstreams_in("upstream web { server 127.0.0.1:1; } upstream 'Api-1' { }\nupstream\n\"b\"{}"),
            (names{"api-1", "b", "web"}));
}

TEST(OwnUpstreams, AreNotTextNorCommentNorOtherBlocks) {
  EXPECT_EQ(upstreams_in("# upstream a { }\n"
                         "server { set $x \"upstream b { }\"; location /upstream { proxy_pass http://c; } }\n"
                         "map $y${z} $u { default 'it\\'s upstream d {'; }\n"
                         "log_format x '}' \"{\"; upstream e { }"),
            (names{"e"}));
}

TEST(OwnDirectives, AreThoseWithinHttpOfAllFilesButTheOneOfDrcon) {
  const test::temp_dir files;
  const auto config = (files / "nginx.conf").string();
  const auto own = (files / "drcon.conf").string();
  const auto has = [&] { return has_directive("keepalive_min_timeout", config, own); };
  test::write_file(config, "events { } # keepalive_min_timeout 1s;\nhttp { include *.conf.d; include drcon.conf; }");
  test::write_file(own, "keepalive_min_timeout 1s;");
  EXPECT_FALSE(has());
  test::write_file(files / "a.conf.d", "server { location / { keepalive_min_timeout 1s; } }");
  EXPECT_TRUE(has());
}

TEST(OwnUpstreams, AreHostsAtPortsAsWell) {
  EXPECT_EQ(upstreams_in("server { location / { proxy_pass http://LocalHost:3000/x; fastcgi_pass 10.0.0.1:9000; }\n"
                         "location /y { grpc_pass grpc://web; proxy_pass http://$host:80; uwsgi_pass unix:/run/x; } }"),
            (names{"10.0.0.1", "localhost", "unix"}));
}

TEST(OwnUpstreams, OfAConfigurationAreThoseOfItsIncludesButForOurOwnFile) {
  const test::temp_dir directory;
  test::write_file(directory / "nginx.conf",
                   "events { }\nstream { upstream tcp { } include a.conf; }\n"
                   "http { upstream main { } include conf.d/*.conf; include none.conf; include nginx.conf; }\n");
  test::write_file(directory / "a.conf", "upstream also-tcp { }");
  std::filesystem::create_directory(directory / "conf.d");
  test::write_file(directory / "conf.d" / "x.conf", "upstream X { }");
  test::write_file(directory / "conf.d" / "drcon.conf", "upstream web { }");
  EXPECT_EQ(own_upstreams(directory / "nginx.conf", directory / "conf.d" / "drcon.conf"), (names{"main", "x"}));
  EXPECT_EQ(own_upstreams(directory / "absent.conf", directory / "x"), names{});
}

// Whether nginx reads the file that drcon will write is known before it is there.
TEST(Inclusion, IsWithinHttpOrElsewhereOrMissing) {
  const test::temp_dir directory;
  const auto config = (directory / "nginx.conf").string();
  std::filesystem::create_directory(directory / "conf.d");
  const auto found_of = [&](const std::string& text, const std::string& file = "conf.d/drcon.conf") {
    test::write_file(config, text);
    return inclusion_of((directory / file).string(), config).is;
  };
  using kind = inclusion::kind;
  EXPECT_EQ(found_of("http { include conf.d/*.conf; }"), kind::included);
  EXPECT_EQ(found_of("http { include " + (directory / "conf.d").string() + "/drcon.conf; }"), kind::included);
  EXPECT_EQ(found_of("http { include conf.d/*.conf; }", "conf.d/drcon.txt"), kind::missing);
  EXPECT_EQ(found_of("http { # include conf.d/*.conf;\n }"), kind::missing);
  EXPECT_EQ(found_of("http { server { include conf.d/*.conf; } }"), kind::elsewhere);
  EXPECT_EQ(found_of("stream { include conf.d/*.conf; } http { }"), kind::elsewhere);
  test::write_file(directory / "more.conf", "include conf.d/*.conf;");
  EXPECT_EQ(found_of("http { include more.conf; }"), kind::included);
  EXPECT_EQ(inclusion_of((directory / "x.conf").string(), (directory / "none.conf").string()).is, kind::unknown);
}

}  // namespace
}  // namespace drcon::nginx
