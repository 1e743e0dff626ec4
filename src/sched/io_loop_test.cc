#include "sched/io_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <latch>
#include <memory>
#include <thread>

namespace trivium::sched {
namespace {

TEST(IoLoop, StartsItsThreadOnFirstUse) {
  IoLoop loop;
  EXPECT_FALSE(loop.started());
  std::latch ran(1);
  std::thread::id thread;
  boost::asio::post(loop.context(), [&] {
    thread = std::this_thread::get_id();
    ran.count_down();
  });
  ran.wait();
  EXPECT_TRUE(loop.started());
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(IoLoop, StopLeavesPendingHandlersUnrun) {
  auto capture = std::make_shared<int>();
  {
    IoLoop loop;
    std::latch inside(1);
    std::latch let_go(1);
    boost::asio::post(loop.context(), [&] {
      inside.count_down();
      let_go.wait();
    });
    inside.wait();
    boost::asio::post(loop.context(), [capture] { ++*capture; });
    std::thread stopper([&] { loop.stop(); });
    while (!loop.context().stopped()) std::this_thread::yield();
    let_go.count_down();
    stopper.join();
    loop.stop();
  }
  EXPECT_EQ(*capture, 0);
  EXPECT_EQ(capture.use_count(), 1);
}

TEST(IoLoop, PassesOnSignalsEachTime) {
  IoLoop loop;
  for (const int sent : {SIGINT, SIGTERM, SIGINT}) {
    std::latch received(1);
    int signal = 0;
    loop.on_signal([&](int number) {
      signal = number;
      received.count_down();
    });
    // Behind the registration, on the loop's own thread.
    boost::asio::post(loop.context(), [sent] { kill(getpid(), sent); });
    received.wait();
    EXPECT_EQ(signal, sent);
  }
}

}  // namespace
}  // namespace trivium::sched
