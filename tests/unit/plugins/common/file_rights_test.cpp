#include "common/file_rights.hpp"

#include <gtest/gtest.h>

namespace drcon::common {
namespace {

struct stat file(uid_t owner, gid_t group, mode_t mode) {
  struct stat made {};
  made.st_uid = owner;
  made.st_gid = group;
  made.st_mode = mode;
  return made;
}

TEST(FileRights, AreThoseOfTheFirstThatApplies) {
  const auto directory = file(1, 10, 0735);
  EXPECT_TRUE(allows(directory, 1, {}, S_IWOTH | S_IXOTH));
  EXPECT_TRUE(allows(directory, 2, {9, 10}, S_IWOTH | S_IXOTH));
  EXPECT_FALSE(allows(directory, 2, {9, 10}, S_IROTH));
  EXPECT_FALSE(allows(directory, 2, {9}, S_IWOTH));
  EXPECT_TRUE(allows(directory, 2, {9}, S_IROTH | S_IXOTH));
  EXPECT_FALSE(allows(file(1, 10, 0077), 1, {10}, S_IWOTH)) << "the owner is not one of the others";
  EXPECT_TRUE(allows(file(1, 10, 0), 0, {}, S_IWOTH)) << "root";
}

}  // namespace
}  // namespace drcon::common
