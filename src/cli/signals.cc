#include "cli/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace trivium::cli {
namespace {

// A handler can reach nothing but variables like these.
std::atomic<int> pipe_end{-1};
std::atomic<int> count{0};
std::atomic<bool> delivering{false};

extern "C" void on_signal(int signo) {
  const int saved = errno;
  const int earlier = count.fetch_add(1);
  if (earlier > 0 && !delivering.load()) _exit(1);
  const char byte = static_cast<char>(signo);
  if (const int fd = pipe_end.load(); fd >= 0) (void)!::write(fd, &byte, 1);
  errno = saved;
}

extern "C" void on_broken_pipe(int) {}

void handle(int signo, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signo, &action, nullptr);
}

}  // namespace

SignalRelay::SignalRelay() {
  if (::pipe2(ends_, O_CLOEXEC) == 0) pipe_end = ends_[1];
  count = 0;
  handle(SIGPIPE, on_broken_pipe);
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
}

SignalRelay::~SignalRelay() {
  stop();
  handle(SIGINT, SIG_DFL);
  handle(SIGTERM, SIG_DFL);
  handle(SIGPIPE, SIG_DFL);
  pipe_end = -1;
  for (const int fd : ends_) {
    if (fd >= 0) ::close(fd);
  }
}

void SignalRelay::deliver_to(std::function<void(int)> receive) {
  delivering = true;
  thread_ = std::thread([fd = ends_[0], receive = std::move(receive)] {
    char byte;
    for (;;) {
      const ssize_t n = ::read(fd, &byte, 1);
      if (n < 0 && errno == EINTR) continue;
      if (n != 1 || byte == 0) return;  // 0 is stop()'s
      receive(byte);
    }
  });
}

void SignalRelay::stop() {
  if (!thread_.joinable()) return;
  const char end = 0;
  (void)!::write(ends_[1], &end, 1);
  thread_.join();
  delivering = false;
}

bool SignalRelay::received() const { return count > 0; }

}  // namespace trivium::cli
