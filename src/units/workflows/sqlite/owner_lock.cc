#include "units/workflows/sqlite/owner_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

namespace trivium::units::workflows {
namespace {

std::string own_command() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::string command((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  while (!command.empty() && command.back() == '\0') command.pop_back();
  for (char& c : command) {
    if (c == '\0' || c == '\n') c = ' ';
  }
  return command;
}

// Tries a few times: whoever only looks whether the lock is held has it for a moment.
bool lock_exclusively(int descriptor) {
  for (int tries = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (tries == 10) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::string holder(int descriptor) {
  char text[512];
  const ssize_t length = pread(descriptor, text, sizeof text, 0);
  std::string found(text, length > 0 ? static_cast<size_t>(length) : 0);
  while (!found.empty() && found.back() == '\n') found.pop_back();
  return found.empty() ? "another process" : found;
}

}  // namespace

OwnerLock::OwnerLock(OwnerLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

OwnerLock& OwnerLock::operator=(OwnerLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

OwnerLock::~OwnerLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<OwnerLock> OwnerLock::acquire(const std::string& file) {
  const std::string path = file + ".lock";
  OwnerLock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.descriptor_ < 0) {
    Error error = Error::of(kind::unavailable, "the workflow store " + file + " cannot be opened: " + path +
                                                   ": " + std::strerror(errno));
    error.retryable = true;
    return fail(std::move(error));
  }
  if (!lock_exclusively(lock.descriptor_)) {
    return fail(kind::conflict, "the workflow store " + file + " is in use by " + holder(lock.descriptor_));
  }
  const std::string text = "process " + std::to_string(getpid()) + " (" + own_command() + ")\n";
  // Only a courtesy to whoever comes second: the lock holds without it.
  if (ftruncate(lock.descriptor_, 0) != 0 || pwrite(lock.descriptor_, text.data(), text.size(), 0) < 0)
    return lock;
  return lock;
}

bool OwnerLock::held(const std::string& file) {
  const OwnerLock probe(open((file + ".lock").c_str(), O_RDONLY | O_CLOEXEC));
  return probe.descriptor_ >= 0 && flock(probe.descriptor_, LOCK_SH | LOCK_NB) != 0;
}

}  // namespace trivium::units::workflows
