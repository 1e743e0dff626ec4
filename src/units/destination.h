// Where messages go whose PID is no live process of this runtime.
#pragma once

#include <memory>
#include <string_view>

namespace trivium::units {

class Node;
class SpawnTarget;

// The host that such a PID names. Other nodes are those of workflow providers. Null: there is none.
std::shared_ptr<SpawnTarget> host_of(Node& node, std::string_view pid);
// What to say then.
std::string_view who_is_missing(std::string_view pid);

}  // namespace trivium::units
