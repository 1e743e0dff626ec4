#pragma once

#include "units/call_chain.h"

namespace trivium::units {

class Node;

// Counts the calls of every function (units/call_metrics.h), every attempt of a retried one.
std::unique_ptr<const Interceptor> metrics_interceptor(Node& node);

}  // namespace trivium::units
