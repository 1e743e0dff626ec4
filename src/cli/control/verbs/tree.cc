#include <atomic>

#include "cli/control/verbs.h"
#include "units/supervision/live_supervisor.h"
#include "units/supervision/supervisors.h"

namespace trivium::cli {
namespace {

Value shown(const units::SupervisorInfo& info) {
  Array children;
  children.reserve(info.children.size());
  for (const units::ChildInfo& child : info.children) {
    Object row{{"id", child.id},
               {"state", std::string(child.state)},
               {"restart", std::string(units::name_of(child.restart))},
               {"restarts", child.restarts}};
    if (!child.process.empty()) row.set("process", child.process);
    if (!child.host.empty()) row.set("host", child.host);
    if (!child.pid.empty()) row.set("pid", child.pid);
    if (!child.last_error.empty()) row.set("error", child.last_error);
    if (child.below) {
      row.set("supervisor", shown(*child.below));
    } else if (!child.supervisor.empty()) {
      row.set("supervisor", Object{{"address", child.supervisor}});
    }
    children.emplace_back(std::move(row));
  }
  return Object{{"address", info.address},
                {"strategy", std::string(units::name_of(info.strategy))},
                {"max_restarts", info.intensity.restarts},
                {"period", format_duration(info.intensity.period)},
                {"dynamic", info.dynamic},
                {"children", std::move(children)}};
}

Object service_row(const units::ServiceStatus& status, const app::Snapshot& entries) {
  Object row{{"id", status.id.text()},
             {"state", std::string(units::name_of(status.state))},
             {"restarts", status.retry_count}};
  if (const app::Entry* entry = entries.find(status.id)) row.set("kind", entry->kind);
  if (const auto* text = std::get_if<std::string>(&status.details); text != nullptr && !text->empty()) {
    row.set("details", *text);
  }
  if (const auto* error = std::get_if<Error>(&status.details)) row.set("error", error->message);
  return row;
}

// Supervisors describe themselves each on its own strand; the last one replies.
struct Gathering {
  std::mutex mutex;
  Array services;
  size_t open = 1;
  ControlReply reply;

  void done() {
    const std::lock_guard lock(mutex);
    if (--open == 0) reply(Object{{"services", std::move(services)}});
  }
};

}  // namespace

void control_tree(const ControlContext& context, const Object&, const ControlReply& reply) {
  const auto gathering = std::make_shared<Gathering>();
  gathering->reply = reply;
  struct Root {
    std::shared_ptr<units::LiveSupervisor> supervisor;
    size_t row;  // of its service
  };
  std::vector<Root> roots;
  const auto supervisors = context.node.service<units::Supervisors>();
  const app::SnapshotPtr entries = context.registry.current();
  for (const units::ServiceStatus& status : context.services.snapshot()) {
    gathering->services.emplace_back(service_row(status, *entries));
    if (!supervisors) continue;
    auto root = supervisors->find(status.id.text());
    if (!root) continue;
    roots.push_back({std::move(*root), gathering->services.size() - 1});
  }
  gathering->open += roots.size();
  for (const Root& root : roots) {
    root.supervisor->describe([gathering, row = root.row](const units::SupervisorInfo& info) {
      {
        const std::lock_guard lock(gathering->mutex);
        gathering->services[row].as_object().set("supervisor", shown(info));
      }
      gathering->done();
    });
  }
  gathering->done();
}

}  // namespace trivium::cli
