#include <algorithm>

#include "cli/control/verbs.h"
#include "units/process.h"
#include "units/process_host.h"
#include "units/workflow_gateway.h"

namespace trivium::cli {
namespace {

int64_t count(size_t number) { return static_cast<int64_t>(number); }

Value host_row(const std::string& id, const units::ProcessHost& host, units::Node& node) {
  const size_t limit = host.workers();
  const size_t threads = node.scheduler().worker_count();
  return Object{{"id", id},
                {"kind", host.terminal() ? "terminal.host" : "process.host"},
                {"workers", count(std::min(limit, threads))},
                {"processes", count(host.size())}};
}

Value process_row(const units::Process& process, units::Node& node, int64_t now_ns) {
  const units::Process::Figures figures = process.figures();
  Array names;
  for (std::string& name : node.names().of(process.pid_text())) {
    names.emplace_back(std::move(name));
  }
  return Object{{"pid", process.pid_text()},
                {"entry", process.entry()},
                {"host", process.host_id()},
                {"call", process.is_call()},
                {"names", std::move(names)},
                {"state", std::string(figures.state)},
                {"mailbox", count(figures.mailbox)},
                {"memory", count(figures.memory)},
                {"age_ms", (now_ns - figures.started_ns) / 1'000'000},
                {"restarts", process.restarts()},
                {"links", count(figures.links)},
                {"monitors", count(figures.watchers)}};
}

Value function_row(const units::FunctionPool& pool) {
  const units::FunctionPool::Figures figures = pool.figures();
  return Object{{"id", pool.id()},
                {"workers", count(figures.active + figures.idle)},
                {"active", count(figures.active)},
                {"waiting", count(figures.waiting)}};
}

Array workflow_rows(units::Node& node) {
  Array rows;
  const auto workflows = node.service<units::WorkflowGateway>();
  if (workflows == nullptr) return rows;
  for (const units::WorkflowGateway::Worker& worker : workflows->workers()) {
    rows.emplace_back(Object{{"worker", worker.id},
                             {"runs", count(worker.runs)},
                             {"instances", count(worker.instances)},
                             {"due", count(worker.due)}});
  }
  return rows;
}

}  // namespace

void control_ps(const ControlContext& context, const Object&, const ControlReply& reply) {
  units::Node& node = context.node;
  const int64_t now_ns = node.clock().monotonic_ns();
  Array hosts;
  Array functions;
  const app::SnapshotPtr entries = context.registry.current();
  for (const app::EntryPtr& entry : entries->all()) {
    const std::string id = entry->id.text();
    if (const auto host = std::dynamic_pointer_cast<units::ProcessHost>(node.host(id))) {
      hosts.push_back(host_row(id, *host, node));
    }
    if (const auto pool = node.functions().find(id)) functions.push_back(function_row(*pool));
  }
  auto running = node.processes().all();
  std::sort(running.begin(), running.end(),
            [](const auto& a, const auto& b) { return a->serial() < b->serial(); });
  Array processes;
  processes.reserve(running.size());
  for (const auto& process : running) processes.push_back(process_row(*process, node, now_ns));
  reply(Object{{"hosts", std::move(hosts)},
               {"processes", std::move(processes)},
               {"functions", std::move(functions)},
               {"workflows", workflow_rows(node)}});
}

}  // namespace trivium::cli
