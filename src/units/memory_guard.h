// Keeps a runaway application from taking the machine's memory: while too much is taken, code starts no
// further process, an eighth beyond that it sends nothing and calls nothing any more, and another eighth
// beyond that whoever's Lua state grows is ended, one at a time. All else that runs goes on, and so does what
// the runtime itself starts and sends. Refusing is better than being killed with everything that runs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "core/clock.h"
#include "core/error.h"
#include "core/log.h"
#include "core/rate_limit.h"

namespace trivium::units {

inline constexpr std::string_view limit_exceeded = "LimitExceeded";  // a kind of error

// Resident memory of this program, in bytes.
size_t resident_memory();
// Four fifths of what the machine has, or of what its control group allows if that is less.
size_t default_total_memory();

// Thread-safe.
class MemoryGuard {
 public:
  // `limit` in bytes; 0: the default, found out when it is first needed. The clock outlives it.
  MemoryGuard(size_t limit, const Clock& clock, Log log, std::function<size_t()> used = resident_memory);

  // While more than `bytes` are taken, `relieve` is called now and then, on any thread, to give back what can
  // be made again. 0: never. Before anything runs.
  void set_soft_limit(size_t bytes, std::function<void()> relieve);

  // Before `entry` is given something that takes about so many bytes and stays. Fails with kind
  // LimitExceeded: do without. Looks at the memory only once in a while, so it costs next to nothing and
  // answers a little late. What is done about it is logged once, with the entry at whose request it was seen.
  Result<> admit_process(size_t bytes, std::string_view entry);
  Result<> admit_message(size_t bytes, std::string_view entry);
  // The same question for those who ask with every message: what to say comes after.
  bool has_room_for(size_t bytes, std::string_view entry) { return level_of(bytes, entry) < Level::none; }
  static Error message_refused();
  // The Lua state of `entry` took so many bytes more. Fails: it is to be ended.
  Result<> admit_growth(size_t bytes, std::string_view entry);
  // Something that was admitted took so many bytes more.
  void count(size_t bytes, std::string_view entry) { (void)level_of(bytes, entry); }

 private:
  static constexpr size_t look_every = size_t{1} << 20;  // bytes admitted on one thread

  enum class Level : uint8_t { ample, scarce, none, exceeded };

  Level level_of(size_t more_bytes, std::string_view entry);
  void look(std::string_view entry);
  Level next(Level before, size_t used, size_t limit) const;

  std::atomic<size_t> limit_;
  const Clock& clock_;
  const Log log_;
  const std::function<size_t()> used_;
  std::atomic<Level> level_{Level::ample};
  RateLimiter looks_{std::chrono::milliseconds(10)};  // while memory is scarce
  RateLimiter trims_{std::chrono::seconds(1)};
  size_t soft_limit_ = 0;
  std::function<void()> relieve_;
  RateLimiter reliefs_{std::chrono::seconds(1)};
};

}  // namespace trivium::units
