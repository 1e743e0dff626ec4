// Who hears of the end of a process, and whom it takes along.
#include <algorithm>
#include <mutex>

#include "units/process.h"

namespace trivium::units {

Result<> Process::add_watcher(Process& watcher) {
  if (&watcher == this) return {};
  const std::lock_guard lock(relations_lock_);
  if (relations_.ended) return trivium::fail(kind::not_found, "process not found");
  for (const auto& known : relations_.watchers) {
    if (known.get() == &watcher) return trivium::fail(kind::internal, "already monitoring pid");
  }
  if (relations_.watchers.size() >= relations_.prune_at) {
    std::erase_if(relations_.watchers, [](const auto& known) { return known->ended(); });
    relations_.prune_at = std::max<size_t>(16, 2 * relations_.watchers.size());
  }
  relations_.watchers.emplace_back(&watcher);
  return {};
}

void Process::remove_watcher(const Process& watcher) {
  const std::lock_guard lock(relations_lock_);
  std::erase_if(relations_.watchers, [&](const auto& known) { return known.get() == &watcher; });
}

Result<> Process::link(Process& a, Process& b) {
  if (&a == &b) return {};
  const std::scoped_lock lock(a.relations_lock_, b.relations_lock_);
  if (a.relations_.ended || b.relations_.ended) return trivium::fail(kind::not_found, "pid not registered");
  for (const auto& known : a.relations_.links) {
    if (known.get() == &b) return {};
  }
  a.relations_.links.emplace_back(&b);
  b.relations_.links.emplace_back(&a);
  return {};
}

void Process::unlink(Process& a, Process& b) {
  if (&a == &b) return;
  const std::scoped_lock lock(a.relations_lock_, b.relations_lock_);
  std::erase_if(a.relations_.links, [&](const auto& known) { return known.get() == &b; });
  std::erase_if(b.relations_.links, [&](const auto& known) { return known.get() == &a; });
}

// Nobody watches it or is linked with it any more, nor will be.
Process::Relations Process::end_relations() {
  Relations relations;
  {
    const std::lock_guard lock(relations_lock_);
    relations.watchers.swap(relations_.watchers);
    relations.links.swap(relations_.links);
    relations_.ended = true;
  }
  for (const auto& partner : relations.links) {
    const std::lock_guard lock(partner->relations_lock_);
    std::erase_if(partner->relations_.links, [&](const auto& known) { return known.get() == this; });
  }
  return relations;
}

}  // namespace trivium::units
