#include "services/env_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace trivium::services {
namespace {

TEST(EnvText, Lines) {
  const EnvValues values = parse_env_text(
      "# comment\n A = 1 \nB=x=y # why\r\nno "
      "assignment\nQ=\"quoted\"\n#C=3\nD=\nA=second\n=nothing\nlast=end");
  const EnvValues expected = {{"A", "1"}, {"B", "x=y"}, {"Q", "\"quoted\""}, {"D", ""}, {"last", "end"}};
  EXPECT_EQ(values, expected);
}

TEST(EnvText, ReplacingKeepsEverythingElse) {
  EXPECT_EQ(replace_env_value("# head\nA=1 # one\nother\n A = 2\nB=3", "A", "9"),
            "# head\nA=9 # one\nother\nA=9\nB=3\n");
}

TEST(EnvText, NewKeysAreAppended) {
  EXPECT_EQ(replace_env_value("A=1", "B", "2"), "A=1\nB=2\n");
  EXPECT_EQ(replace_env_value("", "B", "2"), "B=2\n");
  EXPECT_EQ(replace_env_value("#B=1\n", "B", "2"), "#B=1\nB=2\n");
}

class EnvFile : public testing::Test {
 protected:
  EnvFile() {
    std::string pattern = testing::TempDir() + "env_file_XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/values.env";
  }
  ~EnvFile() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& text) const { std::ofstream(path_) << text; }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path_).rdbuf();
    return out.str();
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777;
  }
  EnvStoragePtr storage(bool auto_create = false) const {
    return make_file_storage({path_, auto_create, 0640, 0750});
  }

  std::string directory_;
  std::string path_;
};

TEST_F(EnvFile, IsReadAtEveryCall) {
  const EnvStoragePtr file = storage();
  EXPECT_EQ(*file->get("A"), std::nullopt);
  EXPECT_TRUE(file->all()->empty());
  write("A=1\n");
  EXPECT_EQ(*file->get("A"), "1");
  write("A=2\n");
  EXPECT_EQ(*file->get("A"), "2");
  EXPECT_TRUE(file->blocks());
}

TEST_F(EnvFile, SetReplacesTheFile) {
  write("A=1 # one\n");
  ::chmod(path_.c_str(), 0600);
  ASSERT_TRUE(storage()->set("A", "2"));
  EXPECT_EQ(text(), "A=2 # one\n");
  EXPECT_EQ(mode_of(path_), 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);
}

TEST_F(EnvFile, SetFollowsLinks) {
  write("A=1\n");
  const std::string link = directory_ + "/link.env";
  std::filesystem::create_symlink(path_, link);
  ASSERT_TRUE(make_file_storage({link})->set("A", "2"));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(text(), "A=2\n");
}

TEST_F(EnvFile, AMissingFileIsCreatedOnlyOnRequest) {
  const Result<> refused = storage()->set("A", "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, kind::internal);
  EXPECT_NE(refused.error().message.find("No such file or directory"), std::string::npos);

  path_ = directory_ + "/deep/er/values.env";
  ASSERT_TRUE(storage(true)->set("A", "1"));
  EXPECT_EQ(text(), "A=1\n");
  EXPECT_EQ(mode_of(path_), 0640u);
  EXPECT_EQ(mode_of(directory_ + "/deep/er"), 0750u);
}

TEST_F(EnvFile, RefusesWhatALineCannotHold) {
  for (const char* value : {"a#b", "a\nB=1", "a\r"}) {
    const Result<> done = storage(true)->set("A", value);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, kind::invalid);
  }
}

TEST_F(EnvFile, UnreadableFilesAreErrors) {
  const EnvStoragePtr file = make_file_storage({directory_});
  EXPECT_EQ(file->get("A").error().kind, kind::internal);
  EXPECT_EQ(file->set("A", "1").error().kind, kind::internal);
}

}  // namespace
}  // namespace trivium::services
