// Part of the tests' executable, not of the library: hence the name.
#include "units/workflows/testing/cluster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <utility>

namespace trivium::units::workflows::testing {
namespace {

constexpr int64_t ms = 1000000;

}  // namespace

Cluster::Cluster(uint64_t seed, size_t runtimes, const std::function<void(ServiceOptions&)>& adapt)
    : random_(seed), database_([this] { return now_ns_; }) {
  database_.on_hint([this](const std::string& text) { hint(text); });
  for (size_t i = 0; i < runtimes; ++i) {
    Node& node = *nodes_.emplace_back(std::make_unique<Node>());
    node.world = std::make_unique<World>(random_.next(), adapt, [this, &node] {
      auto session = database_.connect();
      node.session = session.get();
      return session;
    });
    node.rate = 1 + (static_cast<double>(random_.next() % 2001) - 1000) / 1e5;  // within a hundredth
    node.world->timers().step_wall(Duration((static_cast<int64_t>(random_.next() % 300) - 150) * ms));
  }
}

Cluster::~Cluster() { database_.on_hint(nullptr); }

// --- time ---------------------------------------------------------------------------------------------

void Cluster::run_for(Duration limit) {
  run_until([] { return false; }, limit);
}

bool Cluster::run_until(const std::function<bool()>& reached, Duration limit) {
  const int64_t until = now_ns_ + limit.count();
  settle();
  while (!reached()) {
    if (now_ns_ >= until) return false;
    const auto step = static_cast<int64_t>(1 + random_.next() % 100) * ms;
    pass(Duration(std::min(step, until - now_ns_)));
    settle();
    for (const auto& node : nodes_) {
      if (!runs(*node) || random_.next() % 3 != 0) continue;
      node->world->functions.run_one([&](size_t count) { return random_.next() % count; });
    }
    settle();
  }
  return true;
}

void Cluster::pass(Duration time) {
  now_ns_ += time.count();
  for (const auto& node : nodes_) {
    const Duration own(static_cast<int64_t>(static_cast<double>(time.count()) * node->rate));
    if (!runs(*node)) {
      node->world->timers().skip(own);
      continue;
    }
    node->world->timers().advance(own);
    while (!node->hints.empty() && node->hints.front().due_ns <= now_ns_) {
      const Node::Hint heard = std::move(node->hints.front());
      node->hints.pop_front();
      node->world->service().heard(heard.text);
    }
  }
}

void Cluster::settle() {
  size_t steps = 0;
  for (size_t idle = 0; idle < nodes_.size();) {
    const size_t first = random_.next() % nodes_.size();
    for (idle = 0; idle < nodes_.size() && !step(*nodes_[(first + idle) % nodes_.size()]); ++idle) {
    }
    if (++steps < 1000000) continue;
    ADD_FAILURE() << "there is no end to what there is to do";
    return;
  }
}

bool Cluster::step(Node& node) {
  if (!runs(node)) return false;
  if (!node.world->step_without_activities()) return false;
  if (node.world->crashed()) node.session->end();
  if (node.harm && node.steps-- == 0) std::exchange(node.harm, nullptr)();
  return true;
}

void Cluster::soon(Node& node, uint64_t steps, std::function<void()> harm) {
  node.steps = steps;
  node.harm = std::move(harm);
}

void Cluster::hint(const std::string& text) {
  for (const auto& node : nodes_) {
    if (node->cut_off || node->world->crashed()) continue;
    if (random_.next() % 100 < lost_hints_) continue;
    const bool twice = random_.next() % 100 < lost_hints_;
    for (int i = 0; i < (twice ? 2 : 1); ++i) {
      const int64_t late = i == 0 ? 0 : static_cast<int64_t>(random_.next() % 2000) * ms;
      node->hints.push_back({now_ns_ + late, text});
    }
  }
}

// --- what goes wrong ----------------------------------------------------------------------------------

bool Cluster::well(size_t node) const { return runs(*nodes_[node]) && !nodes_[node]->cut_off; }

size_t Cluster::any_well() {
  const size_t first = random_.next() % nodes_.size();
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (well((first + i) % nodes_.size())) return (first + i) % nodes_.size();
  }
  return 0;
}

void Cluster::pause(size_t at, uint64_t steps) {
  Node& node = *nodes_[at];
  soon(node, steps, [&node] { node.paused = true; });
}

void Cluster::resume(size_t at) {
  nodes_[at]->paused = false;
  nodes_[at]->harm = nullptr;
}

void Cluster::cut_off(size_t at, uint64_t steps, bool noticed, bool half) {
  Node& node = *nodes_[at];
  soon(node, steps, [&node, noticed, half] {
    node.cut_off = true;
    node.hints.clear();
    if (noticed) node.session->end();
    if (half) node.world->queue().lose_answers(1);
    node.world->queue().refuse(INT_MAX);
  });
}

void Cluster::reconnect(size_t at) {
  Node& node = *nodes_[at];
  node.harm = nullptr;
  if (!std::exchange(node.cut_off, false)) return;
  node.world->queue().refuse(0);
  node.world->queue().lose_answers(0);
  node.hints.push_back({now_ns_, ""});
}

void Cluster::restart(size_t at, bool in_order) {
  Node& node = *nodes_[at];
  node.paused = node.cut_off = false;
  node.harm = nullptr;
  node.hints.clear();
  if (in_order && !node.world->crashed()) {
    node.world->queue().refuse(0);
    node.world->restart_in_order();
  } else {
    node.world->restart();
  }
}

void Cluster::heal() {
  lost_hints_ = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i]->world->crashed()) restart(i);
    resume(i);
    reconnect(i);
    nodes_[i]->world->queue().crash_at(0, TestQueue::Crash::none);
    nodes_[i]->world->queue().refuse(0);
    nodes_[i]->world->queue().lose_answers(0);
  }
}

}  // namespace trivium::units::workflows::testing
