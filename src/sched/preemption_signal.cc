#include "sched/preemption_signal.h"

#include <signal.h>

#include <cerrno>

#include "sched/worker.h"

namespace trivium::sched {
namespace {

constexpr int preemption_signal = SIGURG;

extern "C" void on_preemption_signal(int) {
  const int saved_errno = errno;
  if (Worker* worker = Worker::current()) worker->preempt_current();
  errno = saved_errno;
}

}  // namespace

void install_preemption_handler() {
  struct sigaction action {};
  action.sa_handler = on_preemption_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(preemption_signal, &action, nullptr);
}

void send_preemption_signal(pthread_t thread) { pthread_kill(thread, preemption_signal); }

}  // namespace trivium::sched
