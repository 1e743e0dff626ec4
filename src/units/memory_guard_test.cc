#include "units/memory_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sched/timers.h"

namespace trivium::units {
namespace {

constexpr size_t mb = size_t{1} << 20;

class Lines final : public LogSink {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(const LogRecord& record) override {
    lines.push_back(std::string(record.message) + " " + record.fields.find("entry")->as_string());
  }
  std::vector<std::string> lines;
};

class Guard : public testing::Test {
 protected:
  // Whether a process and a message are admitted while so much is taken.
  std::string at(size_t used) {
    used_ = used;
    timers_.advance(std::chrono::milliseconds(20));
    const bool process = guard_.admit_process(mb, "app:x").has_value();
    const bool message = guard_.admit_message(mb, "app:x").has_value();
    return std::string(process ? "process " : "") + (message ? "message" : "");
  }

  sched::VirtualTimers timers_;
  size_t used_ = 0;
  int looks_ = 0;
  const std::shared_ptr<Lines> sink_ = std::make_shared<Lines>();
  MemoryGuard guard_{800 * mb, timers_.clock(), Log(sink_, ""), [this] {
                       ++looks_;
                       return used_;
                     }};
};

TEST_F(Guard, RefusesMoreTheMoreIsTaken) {
  EXPECT_EQ(at(0), "process message");
  EXPECT_EQ(at(800 * mb), "process message");
  EXPECT_EQ(at(801 * mb), "message");
  EXPECT_EQ(at(901 * mb), "");
  // What was refused is refused until there is room again.
  EXPECT_EQ(at(850 * mb), "");
  EXPECT_EQ(at(790 * mb), "message");
  EXPECT_EQ(at(700 * mb), "process message");
  EXPECT_EQ(at(790 * mb), "process message");
}

TEST_F(Guard, SaysItOnce) {
  for (int i = 0; i < 100; ++i) at(820 * mb);
  EXPECT_EQ(sink_->lines,
            std::vector<std::string>{"memory is short: no process is started until some is free app:x"});
  for (int i = 0; i < 100; ++i) at(920 * mb);
  for (int i = 0; i < 100; ++i) at(720 * mb);
  for (int i = 0; i < 100; ++i) at(100 * mb);
  EXPECT_EQ(sink_->lines.size(), 3u);
  EXPECT_EQ(sink_->lines[1], "memory is short: nothing is sent or called until some is free app:x");
  EXPECT_EQ(sink_->lines[2], "memory is no longer short app:x");
}

TEST_F(Guard, ItsErrorsAreNoPromise) {
  at(1000 * mb);
  const Result<> process = guard_.admit_process(1, "app:x");
  const Result<> message = guard_.admit_message(1, "app:x");
  EXPECT_EQ(process.error().kind, "LimitExceeded");
  EXPECT_EQ(message.error().kind, "LimitExceeded");
  EXPECT_EQ(message.error().retryable, std::nullopt);
}

TEST_F(Guard, EndsOneThatGrowsAtATime) {
  at(1000 * mb);
  EXPECT_TRUE(guard_.admit_growth(mb, "app:x"));
  at(1001 * mb);
  const Result<> grown = guard_.admit_growth(mb, "app:x");
  EXPECT_EQ(grown.error().message, "memory is short: app:x took more");
  EXPECT_EQ(grown.error().kind, "LimitExceeded");
  EXPECT_EQ(grown.error().retryable, std::nullopt);
  EXPECT_TRUE(guard_.admit_growth(mb, "app:y"));  // until another look shows that it was not enough
  EXPECT_FALSE(guard_.admit_message(mb, "app:y"));
  timers_.advance(std::chrono::milliseconds(20));
  EXPECT_FALSE(guard_.admit_growth(mb, "app:y"));
  EXPECT_EQ(at(700 * mb), "process message");
  EXPECT_TRUE(guard_.admit_growth(mb, "app:y"));
  EXPECT_EQ(sink_->lines[1], "memory is short: what takes more is ended app:x");
}

TEST_F(Guard, LooksOnlyOnceInAWhile) {
  for (int i = 0; i < 10'240; ++i) ASSERT_TRUE(guard_.admit_message(1024, "app:x"));
  EXPECT_GE(looks_, 9);
  EXPECT_LE(looks_, 11);
  guard_.count(20 * mb, "app:x");
  EXPECT_LE(looks_, 12);
}

TEST(TotalMemory, IsKnown) {
  EXPECT_GT(resident_memory(), mb);
  EXPECT_GT(default_total_memory(), 100 * mb);
  EXPECT_LT(default_total_memory(), SIZE_MAX / 2);
}

}  // namespace
}  // namespace trivium::units
