#include "modules/io_module.h"

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include "modules/unit_test_state.h"
#include "services/terminal.h"

namespace trivium::lua {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0); }
  ~Pipe() {
    for (const int end : ends) ::close(end);
  }
  void put(std::string_view text) const {
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // What was written so far; the write end stays open.
  std::string take() const {
    char buffer[65536];
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const ssize_t count = ::read(ends[0], buffer, sizeof buffer);
    return count > 0 ? std::string(buffer, static_cast<size_t>(count)) : std::string();
  }
  int ends[2];
};

class IoModule : public UnitTest {
 protected:
  IoModule() : UnitTest({&io_module}) {
    auto terminals = std::make_shared<services::Terminals>();
    terminals->add("app.test:host", terminal_);
    node().set_service(terminals);
  }

  // Closes the terminal first: the pool waits for reads.
  void TearDown() override { terminal_->close(); }

  Pipe in_, out_, err_;
  const std::shared_ptr<services::Terminal> terminal_ = std::make_shared<services::Terminal>(
      services::TerminalStreams{in_.ends[0], out_.ends[1], err_.ends[1]});
};

TEST_F(IoModule, Writes) {
  EXPECT_EQ(eval("io.write('a', 1, nil, true, errors.new('e'), 2.5)"), "true");
  EXPECT_EQ(out_.take(), "a1e2.5");
  EXPECT_EQ(eval("io.print('a', nil, 'b')"), "true");
  EXPECT_EQ(out_.take(), "a\t\tb\n");
  EXPECT_EQ(eval("io.print(true)"), "true");
  EXPECT_EQ(out_.take(), "\n");
  EXPECT_EQ(eval("io.eprint('x', 'y')"), "true");
  EXPECT_EQ(err_.take(), "x\ty\n");
  EXPECT_EQ(eval("io.flush()"), "true");
  EXPECT_EQ(out_.take(), "");
}

TEST_F(IoModule, WritesThatDoNotFitAtOnceAreFinishedAside) {
  EXPECT_EQ(eval("io.write(string.rep('x', 50000))"), "true");
  EXPECT_EQ(out_.take().size(), 50000u);
}

TEST_F(IoModule, ReadAndReadlineShareTheirInput) {
  in_.put("first\r\nsecond\nrest");
  EXPECT_EQ(eval("io.readline()"), "first nil");
  EXPECT_EQ(eval("io.read(3)"), "sec nil");
  EXPECT_EQ(eval("io.readline()"), "ond nil");
  EXPECT_EQ(eval("io.read(0)"), "rest nil");
}

TEST_F(IoModule, EndOfInput) {
  in_.put("last");
  ::close(std::exchange(in_.ends[1], -1));
  EXPECT_EQ(eval("io.readline()"), "last nil");
  EXPECT_EQ(eval("io.readline()"), "nil <: EOF>");
  EXPECT_EQ(eval("io.read()"), "nil <: EOF>");
}

TEST_F(IoModule, OtherCoroutinesGoOnWhileOneReads) {
  EXPECT_EQ(run(R"(
    local done = channel.new(1)
    coroutine.spawn(function() done:send((io.readline())) end)
    coroutine.spawn(function() io.print('ready') end)
    return done:receive())",
                [this] {
                  in_.put("line\n");
                  return Setting();
                }()),
            "line true");
  EXPECT_EQ(out_.take(), "ready\n");
}

TEST_F(IoModule, ArgumentsAreTheStringsAmongTheInputs) {
  Setting setting;
  setting.arguments = {"a", 5, "b", Object{}};
  EXPECT_EQ(run("return table.concat(io.args(), ',')", setting), "a,b");
  EXPECT_EQ(eval("#io.args()"), "0");
}

TEST_F(IoModule, RawModeNeedsATerminal) {
  EXPECT_EQ(eval("io.raw()"), "nil <Unavailable: stdin is not a terminal>");
  EXPECT_EQ(eval("io.raw(false)"), "nil <Unavailable: stdin is not a terminal>");
  EXPECT_NE(eval("io.raw(1)").find("bad argument #1"), std::string::npos);
}

TEST_F(IoModule, RawModeEndsWithTheProcess) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  const auto raw = [slave] {
    termios mode{};
    EXPECT_EQ(::tcgetattr(slave, &mode), 0);
    return (mode.c_lflag & ICANON) == 0;
  };
  node().service<services::Terminals>()->add(
      "app.test:pty", std::make_shared<services::Terminal>(services::TerminalStreams{slave, slave, slave}));
  Setting setting;
  setting.host = "app.test:pty";
  EXPECT_EQ(run("return io.raw()", setting), "true nil");
  EXPECT_FALSE(raw());
  node().service<services::Terminals>()->of("app.test:pty")->mode().hold(0);
  EXPECT_EQ(run("io.raw() error('boom')", setting).substr(0, 7), "raised:");
  EXPECT_TRUE(raw());
  node().set_service<services::Terminals>(nullptr);
  EXPECT_FALSE(raw());
  ::close(master);
  ::close(slave);
}

TEST_F(IoModule, ElsewhereThereIsNoTerminal) {
  Setting elsewhere;
  elsewhere.host = "app.test:other";
  elsewhere.arguments = {"a"};
  for (const std::string call :
       {"write('x')", "print('x')", "eprint('x')", "flush()", "read()", "readline()", "raw()"}) {
    EXPECT_EQ(run("return io." + call, elsewhere), "nil <Unavailable: no terminal context>") << call;
  }
  EXPECT_EQ(run("return #io.args()", elsewhere), "0");
}

TEST_F(IoModule, ClosingTheTerminalEndsAWaitingRead) {
  terminal_->close();
  EXPECT_EQ(eval("io.readline()"), "nil <Canceled: terminal closed>");
  EXPECT_EQ(eval("io.print('still')"), "true");
  EXPECT_EQ(out_.take(), "still\n");
}

}  // namespace
}  // namespace trivium::lua
