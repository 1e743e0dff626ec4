#include "services/env_storage.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace trivium::services {
namespace {

const EntryId first{"app", "first"};
const EntryId second{"app", "second"};

TEST(EnvStorages, Memory) {
  const EnvStoragePtr memory = make_memory_storage();
  EXPECT_EQ(*memory->get("A"), std::nullopt);
  ASSERT_TRUE(memory->set("A", "1"));
  EXPECT_EQ(*memory->get("A"), "1");
  EXPECT_EQ(*memory->all(), (EnvValues{{"A", "1"}}));
  EXPECT_FALSE(memory->blocks());
}

TEST(EnvStorages, StaticAndOsAreReadOnly) {
  ::setenv("TRIVIUM_ENV_STORAGE_TEST", "yes", 1);
  const EnvStoragePtr os = make_os_storage();
  EXPECT_EQ(*os->get("TRIVIUM_ENV_STORAGE_TEST"), "yes");
  EXPECT_EQ(os->all()->at("TRIVIUM_ENV_STORAGE_TEST"), "yes");
  const EnvStoragePtr fixed = make_static_storage({{"A", "1"}});
  EXPECT_EQ(*fixed->get("A"), "1");
  for (const EnvStoragePtr& storage : {os, fixed}) {
    const Result<> done = storage->set("A", "2");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, kind::permission_denied);
    EXPECT_EQ(done.error().message, "storage is read-only");
  }
}

class Router : public testing::Test {
 protected:
  const EnvStoragePtr front_ = make_memory_storage();
  EnvStoragePtr back_ = make_static_storage({{"A", "back"}, {"B", "back"}});
  const EnvStoragePtr router_ = make_router_storage({first, second}, [this](const EntryId& id) {
    return id == first ? front_ : id == second ? back_ : nullptr;
  });
};

TEST_F(Router, ReadsTheFirstThatHasTheKey) {
  ASSERT_TRUE(front_->set("A", "front"));
  EXPECT_EQ(*router_->get("A"), "front");
  EXPECT_EQ(*router_->get("B"), "back");
  EXPECT_EQ(*router_->get("C"), std::nullopt);
  EXPECT_EQ(*router_->all(), (EnvValues{{"A", "front"}, {"B", "back"}}));
}

TEST_F(Router, WritesTheFirstAndRemembers) {
  ASSERT_TRUE(router_->set("B", "new"));
  EXPECT_EQ(*front_->get("B"), "new");
  ASSERT_TRUE(front_->set("B", "unseen"));
  EXPECT_EQ(*router_->get("B"), "new");
  EXPECT_EQ(*router_->get("A"), "back");
  ASSERT_TRUE(front_->set("A", "unseen"));
  EXPECT_EQ(*router_->get("A"), "back");
}

TEST_F(Router, StoragesThatAreGoneHaveNothing) {
  back_.reset();
  EXPECT_EQ(*router_->get("A"), std::nullopt);
  const EnvStoragePtr lost = make_router_storage({first}, [](const EntryId&) { return nullptr; });
  EXPECT_EQ(lost->set("A", "1").error().kind, kind::not_found);
}

}  // namespace
}  // namespace trivium::services
