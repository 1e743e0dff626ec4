#include "sched/runnable.h"

#include <utility>

namespace trivium::sched {

Runnable::Runnable(Ref<Lane> lane) : lane_(std::move(lane)) {}
Runnable::~Runnable() = default;

}  // namespace trivium::sched
