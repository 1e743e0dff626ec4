// The service on real threads, timers and disk.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "units/workflows/service.h"
#include "units/workflows/sqlite/operator.h"
#include "units/workflows/sqlite/sqlite_store.h"
#include "units/workflows/store/store_thread.h"
#include "units/workflows/testing/fakes.h"
#include "units/workflows/testing/lua_bindings.h"

namespace trivium::units::workflows::testing {
namespace {

// Ends each call at once, on the calling thread.
class ImmediateFunctions final : public ActivityFunctions {
 public:
  std::atomic<int> calls{0};
  bool exists(const std::string&) const override { return true; }
  std::vector<std::string> ids() const override { return {}; }
  Object options(const std::string&) const override { return {}; }
  std::unique_ptr<Attempt> call(const std::string&, Values arguments, FrameRef,
                                std::shared_ptr<ActivityContext> activity, Done done) override {
    activity->began();
    ++calls;
    done(lua::Reply{std::nullopt, std::move(arguments)});
    return nullptr;
  }
};

class Threads : public ::testing::Test {
 protected:
  Threads() : environment_(bindings()) {
    static std::atomic<int> count{0};
    folder_ = std::filesystem::temp_directory_path() /
              ("trivium_threads_" + std::to_string(getpid()) + "_" + std::to_string(++count));
    scheduler_.start();
  }
  ~Threads() override {
    if (service_) service_->stop();
    scheduler_.stop();
    if (service_) service_->abandon();
    service_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string file() const { return (folder_ / "workflows.db").string(); }

  void boot() {
    auto store = SqliteStore::open({file()});
    ASSERT_TRUE(store) << store.error().message;
    service_ = std::make_unique<Service>(ServiceParts{scheduler_, timers_, system_clock(), system_random(),
                                                      environment_, programs_, functions_, processes_, Log()},
                                         ServiceOptions(), std::make_unique<StoreThread>(std::move(*store)));
    service_->recover([](const Result<>&) {});
  }

  // Starts this many and waits for all ends; returns how many succeeded.
  int execute(const std::string& id, int count, int64_t argument) {
    std::mutex mutex;
    std::condition_variable ended;
    int open = count;
    int succeeded = 0;
    for (int i = 0; i < count; ++i) {
      StartRequest request;
      request.id = id;
      request.arguments = encode_values({Value(argument)});
      service_->execute(std::move(request), [&](const WorkflowEnd& end) {
        const std::lock_guard lock(mutex);
        succeeded += end.error ? 0 : 1;
        if (--open == 0) ended.notify_all();
      });
    }
    std::unique_lock lock(mutex);
    ended.wait(lock, [&] { return open == 0; });
    return succeeded;
  }

  std::filesystem::path folder_;
  lua::Environment environment_;
  TestPrograms programs_;
  ImmediateFunctions functions_;
  TestProcesses processes_;
  sched::ThreadedScheduler scheduler_{{.workers = 2}};
  sched::SystemTimers timers_;
  std::unique_ptr<Service> service_;
};

TEST_F(Threads, ManyWorkflowsTakeTheirSteps) {
  programs_.add("app:steps",
                "return function(n) for i = 1, n do call('app:f', i) end sleep(1000) return n end");
  boot();
  EXPECT_EQ(execute("app:steps", 50, 10), 50);
  EXPECT_EQ(functions_.calls, 500);
}

TEST_F(Threads, StepsOfOneWorkflowFollowEachOther) {
  programs_.add("app:steps", "return function(n) for i = 1, n do call('app:f', i) end return n end");
  boot();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(execute("app:steps", 1, 200), 1);
  const auto took = std::chrono::steady_clock::now() - begin;
  RecordProperty("microseconds_per_step",
                 static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(took).count() / 200));
}

TEST_F(Threads, ASecondRuntimeIsToldWhoHasTheStore) {
  boot();
  const auto second = SqliteStore::open({file()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, kind::conflict);
  EXPECT_NE(second.error().message.find("is in use by process " + std::to_string(getpid())),
            std::string::npos);
  service_.reset();
  EXPECT_TRUE(SqliteStore::open({file()}));
}

TEST_F(Threads, TheCommandLineReachesARunningRuntime) {
  programs_.add("app:wait", "return function() return listen('go'):receive() end");
  boot();
  std::promise<WorkflowEnd> ended;
  StartRequest request;
  request.id = "app:wait";
  request.name = "one";
  request.options = Object{{"workflow.id", "one"}};
  std::promise<void> started;
  service_->start(request, [&](const Result<StartedWorkflow>&) { started.set_value(); });
  started.get_future().wait();
  service_->watch("one", [&](WorkflowEnd end) { ended.set_value(std::move(end)); });
  Result<std::unique_ptr<Operator>> opened = open_sqlite_operator(file(), system_clock(), system_random());
  ASSERT_TRUE(opened) << opened.error().message;
  Operator* outside = opened->get();
  EXPECT_EQ(outside->find("one")->type, "app:wait");
  EXPECT_EQ(outside->terminate("two", "").error().kind, kind::not_found);
  EXPECT_TRUE(outside->signal("one", {"go", "", encode_values({Value(7)})}));
  EXPECT_EQ(first_value(ended.get_future().get().values), Value(7));
  EXPECT_EQ(outside->history(outside->find("one")->run_id)->back().type, EventType::execution_completed);
}

TEST_F(Threads, TheCommandLineDoesItItselfWhenNoRuntimeIsThere) {
  programs_.add("app:wait", "return function() return listen('go'):receive() end");
  boot();
  std::promise<void> started;
  StartRequest request;
  request.id = "app:wait";
  request.name = "one";
  service_->start(request, [&](const Result<StartedWorkflow>&) { started.set_value(); });
  started.get_future().wait();
  service_.reset();
  {
    Result<std::unique_ptr<Operator>> opened = open_sqlite_operator(file(), system_clock(), system_random());
    ASSERT_TRUE(opened) << opened.error().message;
    Operator* outside = opened->get();
    EXPECT_TRUE(outside->signal("one", {"go", "", encode_values({Value(7)})}));
  }
  boot();
  std::promise<WorkflowEnd> ended;
  service_->watch("one", [&](WorkflowEnd end) { ended.set_value(std::move(end)); });
  EXPECT_EQ(first_value(ended.get_future().get().values), Value(7));
}

TEST_F(Threads, AFolderThatCannotBeWrittenIsAClearError) {
  const auto store = SqliteStore::open({"/proc/nowhere/workflows.db"});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, kind::unavailable);
  EXPECT_NE(store.error().message.find("/proc/nowhere/workflows.db"), std::string::npos);
}

}  // namespace
}  // namespace trivium::units::workflows::testing
