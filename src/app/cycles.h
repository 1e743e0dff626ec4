// Loops in a directed graph.
#pragma once

#include <cstddef>
#include <vector>

namespace trivium::app {

// edges[n] are the nodes n points to. For each knot of nodes that reach each other, one loop as a
// list of its nodes, the smallest first; knots in the order of their smallest node.
std::vector<std::vector<size_t>> find_cycles(const std::vector<std::vector<size_t>>& edges);

}  // namespace trivium::app
