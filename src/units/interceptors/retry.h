#pragma once

#include "units/call_chain.h"

namespace trivium::units {

class Node;

// The call option `retry`: the call is made again while it fails with what is worth it. One time limit for
// all attempts; request.on_exit hears of the last attempt only; the call returned is the first.
std::unique_ptr<const Interceptor> retry_interceptor(Node& node);

}  // namespace trivium::units
