#include "units/function_pool.h"

#include <gtest/gtest.h>

#include "units/test_node.h"

namespace trivium::units {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Type = app::PoolOptions::Type;

// app:f, which sleeps for as many milliseconds as it is told and returns how often this worker was called.
class Pool : public testing::Test {
 protected:
  void create(Type type, int64_t workers) {
    app::PoolOptions options;
    options.type = type;
    options.workers = workers;
    pool_ = std::make_shared<FunctionPool>(
        "app:f", TestNode::program("app:f", "calls = (calls or 0) + 1 sleep(...) return calls"), options,
        Value());
    test_.node.functions().add(pool_);
  }
  sched::Ref<Process> call(int64_t ms) { return test_.start("return call('app:f', ...)", {ms}); }
  // In small steps, so that what follows from one timer can set the next.
  void pass(Duration time) {
    constexpr Duration step = milliseconds(50);
    for (; time > step; time -= step) test_.pass(step);
    test_.pass(time);
  }
  // {active, idle, waiting, most} of the pool.
  std::vector<size_t> figures() const {
    const FunctionPool::Figures now = pool_->figures();
    return {now.active, now.idle, now.waiting, now.most};
  }
  using List = std::vector<size_t>;

  TestNode test_;
  std::shared_ptr<FunctionPool> pool_;
};

TEST_F(Pool, LazyMakesWorkersAsTheyAreNeeded) {
  create(Type::lazy, 3);
  EXPECT_EQ(figures(), (List{0, 0, 0, 3}));
  for (int i = 0; i < 5; ++i) call(100);
  test_.run();
  EXPECT_EQ(figures(), (List{3, 0, 2, 3}));
  pass(milliseconds(100));
  EXPECT_EQ(figures(), (List{2, 1, 0, 3}));
  pass(milliseconds(100));
  EXPECT_EQ(figures(), (List{0, 3, 0, 3}));
  // The one used last serves the next call.
  const auto next = call(0);
  test_.run();
  EXPECT_NE(test_.end_of(*next), "1");
  EXPECT_EQ(figures(), (List{0, 3, 0, 3}));
}

TEST_F(Pool, LazyLetsIdleWorkersGo) {
  create(Type::lazy, 3);
  for (int i = 0; i < 3; ++i) call(100);
  pass(seconds(29));
  EXPECT_EQ(figures(), (List{0, 3, 0, 3}));
  pass(seconds(17));
  EXPECT_EQ(figures(), (List{0, 0, 0, 3}));
  EXPECT_EQ(test_.timers.pending(), 0u);
  const auto anew = call(0);
  test_.run();
  EXPECT_EQ(test_.end_of(*anew), "1") << "its state went with the worker";
  pass(minutes(1));
  EXPECT_EQ(figures(), (List{0, 0, 0, 3}));
}

TEST_F(Pool, LazyKeepsWorkersWhileAnyIsUsed) {
  create(Type::lazy, 3);
  for (int i = 0; i < 2; ++i) call(100);
  const auto runs_long = call(std::chrono::duration_cast<milliseconds>(minutes(5)).count());
  pass(minutes(4));
  EXPECT_EQ(figures(), (List{1, 2, 0, 3}));
  pass(minutes(1) + seconds(29));
  for (int i = 0; i < 10; ++i) {
    call(0);
    pass(seconds(20));
    EXPECT_EQ(figures(), (List{0, 3, 0, 3}));
  }
}

TEST_F(Pool, StaticWorkersStay) {
  create(Type::static_size, 2);
  for (int i = 0; i < 5; ++i) call(100);
  test_.run();
  EXPECT_EQ(figures(), (List{2, 0, 3, 2}));
  pass(minutes(60));
  EXPECT_EQ(figures(), (List{0, 2, 0, 2}));
}

TEST_F(Pool, StaticMakesItsWorkersBeforeTheFirstCall) {
  create(Type::static_size, 3);
  pool_->make_workers(test_.node.isolate_options());
  EXPECT_EQ(figures(), (List{0, 3, 0, 3}));
  const auto first = call(0);
  test_.run();
  EXPECT_EQ(test_.end_of(*first), "1");
  for (int i = 0; i < 4; ++i) call(100);
  test_.run();
  EXPECT_EQ(figures(), (List{3, 0, 1, 3}));
  pass(milliseconds(200));
  EXPECT_EQ(figures(), (List{0, 3, 0, 3}));
}

TEST_F(Pool, OthersMakeNone) {
  for (const Type type : {Type::lazy, Type::in_caller, Type::adaptive}) {
    create(type, 3);
    pool_->make_workers(test_.node.isolate_options());
    EXPECT_EQ(figures()[1], 0u);
  }
}

TEST_F(Pool, OneWorkerServesOneCallAtATime) {
  for (const Type type : {Type::static_size, Type::in_caller}) {
    create(type, type == Type::in_caller ? 100 : 1);
    const auto first = call(100);
    test_.run();
    const auto second = call(100);
    pass(milliseconds(99));
    EXPECT_EQ(test_.end_of(*first) + test_.end_of(*second), "alivealive");
    pass(milliseconds(1));
    EXPECT_EQ(test_.end_of(*first) + test_.end_of(*second), "1alive");
    pass(milliseconds(99));
    EXPECT_EQ(test_.end_of(*second), "alive");
    pass(milliseconds(1));
    EXPECT_EQ(test_.end_of(*second), "2");
  }
}

TEST_F(Pool, AdaptiveGrowsUnderLoadAndShrinksAfterwards) {
  create(Type::adaptive, 8);
  for (int i = 0; i < 60; ++i) call(1000);
  test_.run();
  EXPECT_EQ(figures(), (List{1, 0, 59, 1}));
  pass(milliseconds(499));
  EXPECT_EQ(pool_->figures().active, 1u);
  // A quarter of the most at a time; those that wait are served as soon as there are workers.
  pass(milliseconds(1));
  EXPECT_EQ(figures(), (List{3, 0, 57, 3}));
  pass(milliseconds(500));
  EXPECT_EQ(pool_->figures().most, 5u);
  pass(seconds(2));
  EXPECT_EQ(pool_->figures().most, 8u);
  EXPECT_EQ(pool_->figures().active, 8u);
  pass(seconds(10));
  EXPECT_EQ(pool_->figures().active, 0u);
  EXPECT_EQ(test_.ends.size(), 60u);
  pass(seconds(15));
  EXPECT_LT(pool_->figures().most, 8u);
  EXPECT_EQ(pool_->figures().idle, pool_->figures().most);
  pass(minutes(1));
  EXPECT_EQ(figures(), (List{0, 1, 0, 1}));
  EXPECT_EQ(test_.timers.pending(), 0u);
}

TEST_F(Pool, AdaptiveDoesNotGrowWithoutNeed) {
  create(Type::adaptive, 8);
  for (int i = 0; i < 20; ++i) {
    call(600);
    pass(milliseconds(700));
  }
  EXPECT_EQ(figures(), (List{0, 1, 0, 1}));
}

TEST_F(Pool, ServesInOrderAndSkipsThoseThatGaveUp) {
  create(Type::static_size, 1);
  const auto first = call(100);
  test_.run();
  const auto second = call(100);
  test_.run();
  const auto third = call(100);
  test_.run();
  second->kill(canceled_error());
  test_.run();
  EXPECT_EQ(pool_->figures().waiting, 1u);
  pass(milliseconds(200));
  EXPECT_EQ(test_.end_of(*third), "2");
}

}  // namespace
}  // namespace trivium::units
