// Exclusive ownership of a store's file: a lock on "<file>.lock" that the operating system drops when the
// process ends, however it ends. The side file names the holder.
#pragma once

#include <string>

#include "core/error.h"

namespace trivium::units::workflows {

class OwnerLock {
 public:
  OwnerLock() = default;
  OwnerLock(OwnerLock&& other) noexcept;
  OwnerLock& operator=(OwnerLock&& other) noexcept;
  ~OwnerLock();

  // Conflict when another process has it ("… is in use by process 4711 (trivium run)"); Unavailable when
  // the side file cannot be written.
  static Result<OwnerLock> acquire(const std::string& file);
  // Whether somebody has it. Locks the file for a moment itself; acquire() waits that long.
  static bool held(const std::string& file);

 private:
  explicit OwnerLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace trivium::units::workflows
