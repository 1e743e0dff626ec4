#include "sched/io_loop.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

namespace trivium::sched {
namespace {

namespace asio = boost::asio;

}  // namespace

class IoLoop::Impl {
 public:
  asio::io_context& context() {
    if (!started_.load(std::memory_order_acquire)) start();
    return context_;
  }

  void on_signal(std::function<void(int)> callback) {
    asio::post(context(), [this, callback = std::move(callback)]() mutable {
      callback_ = std::move(callback);
      if (std::exchange(hooked_, true)) return;
      signals_.add(SIGINT);
      signals_.add(SIGTERM);
      await_signal();
    });
  }

  bool started() const { return started_.load(std::memory_order_acquire); }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void start() {
    const std::lock_guard lock(mutex_);
    if (started() || stopped_) return;
    thread_ = std::thread([this] { context_.run(); });
    started_.store(true, std::memory_order_release);
  }

  void await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (callback_) callback_(signal);
      await_signal();
    });
  }

  asio::io_context context_{1};  // one thread: fewer locks inside
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  asio::signal_set signals_{context_};
  // These two on the loop's thread only.
  std::function<void(int)> callback_;
  bool hooked_ = false;
  std::mutex mutex_;  // start and stop
  std::atomic<bool> started_{false};
  bool stopped_ = false;
  std::thread thread_;
};

IoLoop::IoLoop() : impl_(std::make_unique<Impl>()) {}
IoLoop::~IoLoop() { stop(); }
boost::asio::io_context& IoLoop::context() { return impl_->context(); }
void IoLoop::on_signal(std::function<void(int signal)> callback) { impl_->on_signal(std::move(callback)); }
bool IoLoop::started() const { return impl_->started(); }
void IoLoop::stop() { impl_->stop(); }

}  // namespace trivium::sched
