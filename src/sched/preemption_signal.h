// The signal that interrupts a worker whose run() takes too long. SIGURG: ignored by default, so harmless
// to a process or a thread that does not expect it, and used by nothing else.
#pragma once

#include <pthread.h>

namespace trivium::sched {

// Process-wide; once is enough, more does no harm. The handler tells the worker of the thread it runs on.
void install_preemption_handler();
void send_preemption_signal(pthread_t thread);

}  // namespace trivium::sched
