// How large one value of a workflow may be: an argument, a result, a field of its memo.
#pragma once

#include <cstddef>

namespace trivium::units {

// Larger values belong in a store of their own, their key in the workflow.
inline constexpr size_t max_payload_bytes = 2 << 20;

}  // namespace trivium::units
