#include "units/adaptive_size.h"

#include <algorithm>

namespace trivium::units {
namespace {

constexpr int patience = 8;  // evaluations

}  // namespace

void AdaptiveSize::evaluate(size_t active, size_t peak, size_t waiting) {
  if (waiting > 0 && active >= workers_) {
    quiet_ = 0;
    const size_t wanted = std::max({waiting / workers_, workers_ / 4, size_t{1}});
    const size_t step = std::min(wanted, std::max<size_t>(most_ / 4, 1));
    workers_ = std::min(workers_ + step, most_);
    return;
  }
  quiet_ = waiting == 0 && 2 * peak < workers_ ? quiet_ + 1 : 0;
  // One more than what is busy stays, so that the next call does not wait.
  if (quiet_ < patience || workers_ <= std::max<size_t>(active + 1, 1)) return;
  --workers_;
  quiet_ = 0;
}

bool AdaptiveSize::at_rest(size_t active, size_t waiting) const {
  return workers_ == 1 && waiting == 0 && active <= 1;
}

}  // namespace trivium::units
