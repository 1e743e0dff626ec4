// What a call knows and tells when it is an attempt of a workflow's activity.
#pragma once

#include <optional>

#include "core/error.h"
#include "core/value.h"

namespace trivium::units {

// Thread-safe. Shared by the call and whoever waits for it.
class ActivityContext {
 public:
  virtual ~ActivityContext() = default;

  // The call has got a worker: its time begins.
  virtual void began() = 0;
  // What activity.info() shows.
  virtual Object info() const = 0;
  // A sign of life, with what the next attempt may want to know. Canceled: the workflow wants it to end.
  virtual std::optional<Error> heartbeat(const Value& details) = 0;
};

}  // namespace trivium::units
