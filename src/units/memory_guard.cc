#include "units/memory_guard.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

namespace trivium::units {
namespace {

// The limits of a control group and of those around it, in either version of the interface. "max", or a
// number beyond everything, is none.
size_t control_group_limit() {
  size_t least = SIZE_MAX;
  const auto read = [&](const std::string& path) {
    std::ifstream file(path);
    size_t allowed = 0;
    if (file >> allowed) least = std::min(least, allowed);
  };
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t name = line.find(':', line.find(':') + 1);
    if (name == std::string::npos) continue;
    const bool second = line.starts_with("0::");
    if (!second && line.find(":memory:") == std::string::npos) continue;
    const std::string root = second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const std::string file = second ? "/memory.max" : "/memory.limit_in_bytes";
    for (std::string path = line.substr(name + 1); !path.empty(); path.resize(path.rfind('/')))
      read(std::string(root).append(path).append(file));
    read(root + file);  // as seen from within a container
  }
  return least;
}

}  // namespace

size_t resident_memory() {
  std::ifstream file("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  file >> total >> resident;
  return file ? resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

size_t default_total_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  const size_t all =
      pages > 0 && page > 0 ? static_cast<size_t>(pages) * static_cast<size_t>(page) : SIZE_MAX;
  return std::min(all, control_group_limit()) / 5 * 4;
}

MemoryGuard::MemoryGuard(size_t limit, const Clock& clock, Log log, std::function<size_t()> used)
    : limit_(limit), clock_(clock), log_(std::move(log)), used_(std::move(used)) {}

void MemoryGuard::set_soft_limit(size_t bytes, std::function<void()> relieve) {
  soft_limit_ = bytes;
  relieve_ = std::move(relieve);
}

Result<> MemoryGuard::admit_process(size_t bytes, std::string_view entry) {
  if (level_of(bytes, entry) == Level::ample) return {};
  return fail(Error::unspecified(limit_exceeded, "memory is short: no further process is started"));
}

Result<> MemoryGuard::admit_message(size_t bytes, std::string_view entry) {
  if (has_room_for(bytes, entry)) return {};
  return fail(message_refused());
}

Error MemoryGuard::message_refused() {
  return Error::unspecified(limit_exceeded, "memory is short: nothing is sent or called");
}

Result<> MemoryGuard::admit_growth(size_t bytes, std::string_view entry) {
  if (level_of(bytes, entry) != Level::exceeded) return {};
  // One, and then another look.
  Level exceeded = Level::exceeded;
  if (!level_.compare_exchange_strong(exceeded, Level::none)) return {};
  log_.error("memory is short: what takes more is ended", {{"entry", entry}});
  return fail(Error::unspecified(limit_exceeded, "memory is short: " + std::string(entry) + " took more"));
}

MemoryGuard::Level MemoryGuard::level_of(size_t more_bytes, std::string_view entry) {
  // Counted by thread: every message passes here, and threads that count together wait for one another.
  constinit static thread_local size_t unseen = 0;
  if (level_.load(std::memory_order_relaxed) != Level::ample) {
    if (looks_.allow(clock_.monotonic_ns())) look(entry);
  } else if ((unseen += more_bytes) >= look_every) {
    unseen = 0;
    look(entry);
  }
  return level_.load(std::memory_order_relaxed);
}

// Memory is short until an eighth of the limit is free again, so that it is not short and ample by turns.
MemoryGuard::Level MemoryGuard::next(Level before, size_t used, size_t limit) const {
  const size_t eighth = limit / 8;
  if (used > limit + 2 * eighth) return Level::exceeded;
  if (used > limit + eighth) return Level::none;
  if (used > limit) return before >= Level::none ? Level::none : Level::scarce;
  return before == Level::ample || used <= limit - eighth ? Level::ample : Level::scarce;
}

void MemoryGuard::look(std::string_view entry) {
  if (limit_.load(std::memory_order_relaxed) == 0) limit_.store(default_total_memory());
  const size_t limit = limit_.load(std::memory_order_relaxed);
  size_t used = used_();
  if (soft_limit_ != 0 && used > soft_limit_ && reliefs_.allow(clock_.monotonic_ns())) {
    relieve_();
    (void)::malloc_trim(0);
    used = used_();
  }
  // Freed memory that the allocator keeps counts until it is asked to give it back.
  const bool exceeded = next(Level::ample, used, limit) == Level::exceeded;
  if (exceeded || (used > limit - limit / 8 && trims_.allow(clock_.monotonic_ns()))) {
    (void)::malloc_trim(0);
    used = used_();
  }
  Level before = level_.load();
  const Level level = next(before, used, limit);
  if (level == before || !level_.compare_exchange_strong(before, level)) return;
  const Object fields{
      {"entry", entry}, {"used", static_cast<int64_t>(used)}, {"limit", static_cast<int64_t>(limit)}};
  if (level >= Level::none) {
    if (before < Level::none)
      log_.error("memory is short: nothing is sent or called until some is free", fields);
  } else if (level == Level::ample) {
    log_.info("memory is no longer short", fields);
  } else if (before == Level::ample) {
    log_.error("memory is short: no process is started until some is free", fields);
  }
}

}  // namespace trivium::units
