#include "services/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <future>

namespace trivium::services {
namespace {

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends_[0]);
    close_writer();
  }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_writer() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  void put(std::string_view text) {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string take(size_t count) {
    std::string text(count, '\0');
    size_t done = 0;
    while (done < count) {
      const ssize_t got = ::read(ends_[0], text.data() + done, count - done);
      if (got <= 0) break;
      done += static_cast<size_t>(got);
    }
    text.resize(done);
    return text;
  }
  // Writes until nothing more fits; returns how much it was.
  size_t fill() {
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    size_t count = 0;
    char byte = '.';
    while (::write(ends_[1], &byte, 1) == 1) ++count;
    ::fcntl(ends_[1], F_SETFL, 0);
    return count;
  }

 private:
  int ends_[2] = {-1, -1};
};

class TerminalTest : public testing::Test {
 protected:
  Pipe in_, out_, err_;
  Terminal terminal_{{in_.reader(), out_.writer(), err_.writer()}};
};

std::string text_of(const Result<std::string>& result) {
  return result ? *result : "<" + result.error().kind + ": " + result.error().message + ">";
}

TEST_F(TerminalTest, LinesAndBytesComeFromOneBuffer) {
  in_.put("one\ntwo\r\n\nfour\rx\nrest");
  EXPECT_EQ(text_of(terminal_.input().read_line()), "one");
  EXPECT_EQ(text_of(terminal_.input().read(1)), "t");
  EXPECT_EQ(text_of(terminal_.input().read_line()), "wo");
  EXPECT_EQ(text_of(terminal_.input().read_line()), "");
  EXPECT_EQ(text_of(terminal_.input().read_line()), "four\rx");
  in_.close_writer();
  EXPECT_EQ(text_of(terminal_.input().read_line()), "rest");
  EXPECT_EQ(text_of(terminal_.input().read_line()), "<: EOF>");
  EXPECT_EQ(text_of(terminal_.input().read(10)), "<: EOF>");
}

TEST_F(TerminalTest, LongLines) {
  const std::string line(20000, 'x');
  in_.put(line + "\nnext\n");
  EXPECT_EQ(text_of(terminal_.input().read_line()), line);
  EXPECT_EQ(text_of(terminal_.input().read_line()), "next");
}

TEST_F(TerminalTest, ClosingEndsReadsThatWait) {
  auto line = std::async(std::launch::async, [this] { return text_of(terminal_.input().read_line()); });
  auto bytes = std::async(std::launch::async, [this] { return text_of(terminal_.input().read(10)); });
  terminal_.close();
  EXPECT_EQ(line.get(), "<Canceled: terminal closed>");
  EXPECT_EQ(bytes.get(), "<Canceled: terminal closed>");
}

TEST_F(TerminalTest, InputCanEndBeforeOutput) {
  in_.put("typed");
  terminal_.end_input();
  EXPECT_EQ(text_of(terminal_.input().read(10)), "typed");
  EXPECT_EQ(text_of(terminal_.input().read(10)), "<Canceled: terminal closed>");
  EXPECT_TRUE(terminal_.output().write("out"));
  EXPECT_EQ(out_.take(3), "out");
}

TEST_F(TerminalTest, TheStreamsAreApart) {
  EXPECT_TRUE(terminal_.output().write("out"));
  EXPECT_TRUE(terminal_.errors().write("err"));
  EXPECT_EQ(out_.take(3), "out");
  EXPECT_EQ(err_.take(3), "err");
}

TEST_F(TerminalTest, NobodyWaitsUnlessAskedTo) {
  const size_t filled = out_.fill();
  EXPECT_FALSE(terminal_.output().try_write("x"));
  EXPECT_TRUE(terminal_.output().try_write(""));
  const std::string large(200000, 'x');
  auto written = std::async(std::launch::async, [&] { return terminal_.output().write(large).has_value(); });
  EXPECT_EQ(out_.take(filled).size(), filled);
  EXPECT_EQ(out_.take(large.size()), large);
  EXPECT_TRUE(written.get());
  const auto done = terminal_.output().try_write("y");
  EXPECT_TRUE(done && *done);
}

TEST_F(TerminalTest, ClosingEndsWritesThatWait) {
  out_.fill();
  auto written = std::async(std::launch::async, [&] { return terminal_.output().write("x"); });
  terminal_.close();
  const Result<> result = written.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, kind::canceled);
}

TEST_F(TerminalTest, DescriptorsThatDoNotBlockAreWaitedFor) {
  ::fcntl(in_.reader(), F_SETFL, O_NONBLOCK);
  auto line = std::async(std::launch::async, [this] { return text_of(terminal_.input().read_line()); });
  in_.put("late\n");
  EXPECT_EQ(line.get(), "late");
}

TEST_F(TerminalTest, FailuresAreErrors) {
  Terminal broken({9999, 9999, 9999});
  EXPECT_EQ(broken.errors().write("x").error().kind, kind::internal);
  EXPECT_FALSE(broken.input().read_line());
  EXPECT_EQ(terminal_.mode().hold(1).error().kind, kind::unavailable);
  EXPECT_EQ(terminal_.mode().release(1).error().kind, kind::unavailable);
}

class PseudoTerminal : public testing::Test {
 protected:
  PseudoTerminal() { EXPECT_EQ(::openpty(&master_, &slave_, nullptr, nullptr, nullptr), 0); }
  ~PseudoTerminal() override {
    ::close(master_);
    ::close(slave_);
  }
  bool raw() const {
    termios mode{};
    EXPECT_EQ(::tcgetattr(slave_, &mode), 0);
    return (mode.c_lflag & ICANON) == 0;
  }

  int master_ = -1;
  int slave_ = -1;
};

TEST_F(PseudoTerminal, RawModeLastsWhileItIsHeld) {
  TerminalMode mode(slave_);
  EXPECT_TRUE(*mode.hold(1));
  EXPECT_FALSE(*mode.hold(1));
  EXPECT_TRUE(*mode.hold(2));
  EXPECT_TRUE(raw());
  EXPECT_TRUE(mode.release(1));
  EXPECT_TRUE(mode.release(2));
  EXPECT_TRUE(raw());
  EXPECT_TRUE(mode.release(1));
  EXPECT_FALSE(raw());
  EXPECT_TRUE(mode.release(1));
  EXPECT_FALSE(*mode.hold(1));
  EXPECT_TRUE(raw());
  mode.release_all(1);
  EXPECT_FALSE(raw());
  EXPECT_TRUE(*mode.hold(1));
}

TEST_F(PseudoTerminal, IsLeftAsItWasFound) {
  {
    Terminal terminal({slave_, slave_, slave_});
    ASSERT_TRUE(terminal.mode().hold(1));
    EXPECT_TRUE(raw());
    terminal.close();
    EXPECT_FALSE(raw());
    ASSERT_TRUE(terminal.mode().hold(1));
  }
  EXPECT_FALSE(raw());
}

TEST(Terminals, ByHost) {
  Terminals terminals;
  EXPECT_EQ(terminals.of("app:terminal"), nullptr);
  Pipe pipe;
  const auto terminal =
      std::make_shared<Terminal>(TerminalStreams{pipe.reader(), pipe.writer(), pipe.writer()});
  terminals.add("app:terminal", terminal);
  EXPECT_EQ(terminals.of("app:terminal"), terminal);
  terminals.close();
  EXPECT_EQ(text_of(terminal->input().read_line()), "<Canceled: terminal closed>");
}

}  // namespace
}  // namespace trivium::services
