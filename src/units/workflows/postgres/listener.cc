#include "units/workflows/postgres/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "units/workflows/postgres/connection.h"
#include "units/workflows/postgres/postgres_store.h"

namespace trivium::units::workflows {

PostgresListener::PostgresListener(PostgresOptions options, Heard heard)
    : options_(std::move(options)),
      heard_(std::move(heard)),
      stop_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { work(); }) {}

PostgresListener::~PostgresListener() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stopped_.notify_all();
  }
  eventfd_write(stop_event_, 1);
  thread_.join();
  close(stop_event_);
}

void PostgresListener::work() {
  while (!stopping_) {
    Result<std::unique_ptr<Connection>> opened = Connection::open(options_);
    if (opened && (*opened)->execute("LISTEN " + quoted(channel_of(options_)))) {
      heard_("");
      listen(**opened);
    }
    wait_a_second();
  }
}

void PostgresListener::wait_a_second() {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_.load(); });
}

void PostgresListener::listen(Connection& connection) {
  struct Free {
    void operator()(PGnotify* notice) const { PQfreemem(notice); }
  };
  while (!stopping_) {
    pollfd watched[2] = {{PQsocket(connection.handle()), POLLIN, 0}, {stop_event_, POLLIN, 0}};
    if (poll(watched, 2, -1) < 0) continue;
    if (PQconsumeInput(connection.handle()) == 0) return;
    while (const std::unique_ptr<PGnotify, Free> notice{PQnotifies(connection.handle())}) {
      if (!stopping_) heard_(notice->extra);
    }
  }
}

}  // namespace trivium::units::workflows
