// Who the service runs as, by its unit and drop-ins.
#include "cli/service_user.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace drcon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ServiceUser : public ::testing::Test {
protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((root_ / name).parent_path());
    test::write_file(root_ / name, text);
  }
  service_identity found() { return identity_of_service({root_ / "etc", root_ / "lib"}); }
  test::temp_dir root_;
};

TEST_F(ServiceUser, IsEmptyWithoutAUnit) {
  write("etc/drcon.service.d/x.conf", "[Service]\nUser=anna\n");
  EXPECT_EQ(found(), service_identity{});
}

TEST_F(ServiceUser, IsWhatTheUnitAndItsDropInsSay) {
  write("lib/drcon.service", "[Service]\n# User=nobody\nUser = drcon\nExecStart=/usr/bin/drcon run\n");
  write("etc/drcon.service.d/haproxy.conf", "[Service]\nSupplementaryGroups=haproxy docker\n");
  write("etc/drcon.service.d/nginx.conf", "[Service]\nAmbientCapabilities=CAP_KILL\n");
  EXPECT_EQ(found().user, "drcon");
  EXPECT_THAT(found().groups, ElementsAre("haproxy", "docker"));
  EXPECT_THAT(found().capabilities, ElementsAre("CAP_KILL"));
}

// As systemd reads them: by name, an earlier directory hides a later one, and an empty value empties a list.
TEST_F(ServiceUser, ADropInOfAnEarlierDirectoryHidesOneOfItsName) {
  write("lib/drcon.service", "[Service]\nUser=drcon\nSupplementaryGroups=adm\n");
  write("lib/drcon.service.d/a.conf", "[Service]\nUser=wrong\n");
  write("etc/drcon.service.d/a.conf", "[Service]\nUser=right\nSupplementaryGroups=\n");
  EXPECT_EQ(found().user, "right");
  EXPECT_THAT(found().groups, IsEmpty());
}

// Root and the user see a directory that can be written; the service does not.
TEST_F(ServiceUser, MayNotWriteWhereItsUnitProtectsTheSystem) {
  write("lib/drcon.service", "[Service]\nUser=drcon\nStateDirectory=drcon\nProtectSystem=strict\n");
  EXPECT_THAT(why_read_only(found(), "/etc/nginx/drcon/x.conf"), ::testing::HasSubstr("ProtectSystem=strict"));
  EXPECT_THAT(why_read_only(found(), "/etc/nginx/drcon/x.conf"), ::testing::HasSubstr("/etc/nginx/drcon is none of"));
  EXPECT_EQ(why_read_only(found(), "/var/lib/drcon/x"), "");
  write("etc/drcon.service.d/nginx.conf", "[Service]\nReadWritePaths=-/etc/nginx/drcon\n");
  EXPECT_EQ(why_read_only(found(), "/etc/nginx/drcon/x.conf"), "");
  EXPECT_NE(why_read_only(found(), "/etc/nginx/other.conf"), "");
  write("etc/drcon.service.d/open.conf", "[Service]\nProtectSystem=full\n");
  EXPECT_NE(why_read_only(found(), "/etc/x"), "");
  EXPECT_EQ(why_read_only(found(), "/srv/x"), "");
  EXPECT_EQ(why_read_only({}, "/etc/x"), "") << "there is no unit";
}

}  // namespace
}  // namespace drcon::cli
