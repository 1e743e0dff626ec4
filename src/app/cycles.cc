#include "app/cycles.h"

#include <algorithm>
#include <deque>

namespace trivium::app {
namespace {

constexpr size_t none = static_cast<size_t>(-1);

// Tarjan's strongly connected components with an explicit stack: chains may be long.
class Components {
 public:
  explicit Components(const std::vector<std::vector<size_t>>& edges)
      : edges_(edges), index_(edges.size(), none), low_(edges.size()), component_(edges.size(), none) {
    for (size_t node = 0; node < edges.size(); ++node) {
      if (index_[node] == none) visit(node);
    }
  }

  size_t of(size_t node) const { return component_[node]; }

 private:
  struct Frame {
    size_t node;
    size_t next;
  };

  void visit(size_t root) {
    std::vector<Frame> frames{{root, 0}};
    enter(root);
    while (!frames.empty()) {
      Frame& frame = frames.back();
      const size_t node = frame.node;
      if (frame.next < edges_[node].size()) {
        const size_t target = edges_[node][frame.next++];
        if (index_[target] == none) {
          enter(target);
          frames.push_back({target, 0});
        } else if (component_[target] == none) {
          low_[node] = std::min(low_[node], index_[target]);
        }
        continue;
      }
      frames.pop_back();
      if (!frames.empty()) low_[frames.back().node] = std::min(low_[frames.back().node], low_[node]);
      if (low_[node] == index_[node]) leave(node);
    }
  }

  void enter(size_t node) {
    index_[node] = low_[node] = count_++;
    open_.push_back(node);
  }

  void leave(size_t node) {
    while (true) {
      const size_t member = open_.back();
      open_.pop_back();
      component_[member] = components_;
      if (member == node) break;
    }
    ++components_;
  }

  const std::vector<std::vector<size_t>>& edges_;
  std::vector<size_t> index_;
  std::vector<size_t> low_;
  std::vector<size_t> component_;
  std::vector<size_t> open_;
  size_t count_ = 0;
  size_t components_ = 0;
};

// The shortest way from `start` back to itself inside its component; empty when there is none.
std::vector<size_t> loop_from(size_t start, const std::vector<std::vector<size_t>>& edges,
                              const Components& components) {
  std::vector<size_t> from(edges.size(), none);
  std::deque<size_t> queue{start};
  while (!queue.empty()) {
    const size_t node = queue.front();
    queue.pop_front();
    for (size_t target : edges[node]) {
      if (target == start) {
        std::vector<size_t> loop;
        for (size_t at = node; at != start; at = from[at]) loop.push_back(at);
        loop.push_back(start);
        std::reverse(loop.begin(), loop.end());
        return loop;
      }
      if (components.of(target) != components.of(start) || from[target] != none) continue;
      from[target] = node;
      queue.push_back(target);
    }
  }
  return {};
}

}  // namespace

std::vector<std::vector<size_t>> find_cycles(const std::vector<std::vector<size_t>>& edges) {
  const Components components(edges);
  std::vector<size_t> size(edges.size(), 0);
  for (size_t node = 0; node < edges.size(); ++node) ++size[components.of(node)];
  std::vector<bool> reported(edges.size(), false);
  std::vector<std::vector<size_t>> cycles;
  for (size_t node = 0; node < edges.size(); ++node) {
    const size_t component = components.of(node);
    if (reported[component]) continue;
    const bool to_itself = std::find(edges[node].begin(), edges[node].end(), node) != edges[node].end();
    if (size[component] < 2 && !to_itself) continue;
    reported[component] = true;
    cycles.push_back(loop_from(node, edges, components));
  }
  return cycles;
}

}  // namespace trivium::app
