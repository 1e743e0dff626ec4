#include "units/workflows/slots.h"

#include <gtest/gtest.h>

#include <vector>

namespace trivium::units::workflows {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Beginnings : public ::testing::Test {
 protected:
  ~Beginnings() override { slots->close(); }  // what is given back now grants nobody anything

  void limit(size_t most, double per_second) { slots = std::make_shared<Slots>(most, per_second, timers); }
  void want(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      taken.push_back(slots->take([this] { begin(); }));
      if (taken.back()->held()) begin();
    }
  }
  void begin() { begun.emplace_back(timers.clock().monotonic_ns()); }
  // Between each and the next.
  std::vector<Duration> gaps() const {
    std::vector<Duration> gaps;
    for (size_t i = 1; i < begun.size(); ++i) gaps.push_back(begun[i] - begun[i - 1]);
    return gaps;
  }

  sched::VirtualTimers timers;
  std::shared_ptr<Slots> slots;
  std::vector<std::shared_ptr<Slots::Slot>> taken;
  std::vector<Duration> begun;
};

TEST_F(Beginnings, WithoutARateAllThatHaveAPlaceBeginAtOnce) {
  limit(3, 0);
  want(5);
  EXPECT_EQ(begun.size(), 3U);
  taken[0]->give_back();
  EXPECT_EQ(begun.size(), 4U);
}

TEST_F(Beginnings, OfThoseThatWaitOneBeginsInEachInterval) {
  limit(100, 4);
  want(4);
  EXPECT_EQ(begun.size(), 1U);
  timers.advance(minutes(1));
  EXPECT_EQ(gaps(), std::vector<Duration>(3, milliseconds(250)));
}

TEST_F(Beginnings, APauseIsNoCredit) {
  limit(100, 4);
  timers.advance(minutes(1));
  want(2);
  EXPECT_EQ(begun.size(), 1U) << "from the beginning on";
  timers.advance(minutes(1));
  want(2);
  EXPECT_EQ(begun.size(), 3U) << "after some began";
  timers.advance(minutes(1));
  for (const Duration gap : gaps()) EXPECT_GE(gap, milliseconds(250));
  EXPECT_EQ(begun.size(), 4U);
}

TEST_F(Beginnings, AShortPauseIsNoneEither) {
  limit(100, 4);
  want(1);
  timers.advance(milliseconds(400));
  want(2);
  timers.advance(minutes(1));
  EXPECT_EQ(gaps(), (std::vector<Duration>{milliseconds(400), milliseconds(250)}));
}

// The machine stood still, or the timer was late.
TEST_F(Beginnings, OneThatIsGrantedLateDelaysTheNext) {
  limit(100, 4);
  want(3);
  timers.skip(seconds(10));
  timers.advance(minutes(1));
  EXPECT_EQ(gaps(), (std::vector<Duration>{seconds(10), milliseconds(250)}));
}

TEST_F(Beginnings, WhoGaveUpUsesNoTurn) {
  limit(100, 4);
  want(3);
  taken[1].reset();
  timers.advance(minutes(1));
  EXPECT_EQ(gaps(), std::vector<Duration>{milliseconds(250)});
}

TEST_F(Beginnings, APlaceThatIsFreeAgainDoesNotHastenTheNext) {
  limit(1, 4);
  want(3);
  taken[0]->give_back();
  EXPECT_EQ(begun.size(), 1U);
  timers.advance(milliseconds(250));
  EXPECT_EQ(begun.size(), 2U);
  timers.advance(minutes(1));
  EXPECT_EQ(begun.size(), 2U);
  taken[1]->give_back();
  EXPECT_EQ(begun.size(), 3U);
}

}  // namespace
}  // namespace trivium::units::workflows
