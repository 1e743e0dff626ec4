// What the run knows and changes about itself: workflow.info and attrs,
// registered names, process.upgrade as continue-as-new.
#include <algorithm>

#include "units/workflows/built_in_queries.h"
#include "units/workflows/header.h"
#include "units/workflows/meanings.h"
#include "units/workflows/names.h"
#include "units/workflows/options.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {
namespace {

void overlay(Object& onto, const Object& fields) {
  for (const auto& [key, value] : fields) onto.set(key, value);
}

}  // namespace

Plan plan(Instance& instance, lua::OpId, WorkflowInfo& command) {
  const RunInfo& info = instance.info();
  switch (command.field) {
    case WorkflowInfo::Field::history_length:
      return Plan::now(lua::Reply::of(instance.history_length()));
    case WorkflowInfo::Field::history_size:
      return Plan::now(lua::Reply::of(instance.history_size()));
    case WorkflowInfo::Field::all:
      break;
  }
  return Plan::now(lua::Reply::of(Object{{"workflow_id", info.workflow_id},
                                         {"run_id", info.run_id},
                                         {"workflow_type", info.type},
                                         {"task_queue", info.task_queue},
                                         {"namespace", info.place.name_space},
                                         {"attempt", info.attempt},
                                         {"history_length", instance.history_length()},
                                         {"history_size", instance.history_size()}}));
}

Plan plan(Instance& instance, lua::OpId, WorkflowAttributes& command) {
  Object search;
  for (const auto& [key, value] : command.search) {
    Result<Value> payload = search_attribute(key, value);
    if (!payload) return Plan::refuse(std::move(payload.error()));
    search.set(key, std::move(*payload));
  }
  Object memo;
  for (const auto& [key, value] : command.memo) memo.set(key, json_payload(value));
  return {
      std::nullopt,
      [&instance, search = std::move(search), memo = std::move(memo)]() -> std::optional<lua::Reply> {
        if (!search.empty()) {
          overlay(instance.search_attributes(), search);
          instance.emit(
              {EventType::search_attributes_upserted, Object{{"search_attributes", search}}, {}, nullptr});
        }
        if (!memo.empty()) {
          overlay(instance.memo(), memo);
          instance.emit({EventType::properties_modified, Object{{"upserted_memo", memo}}, {}, nullptr});
        }
        return lua::Reply::of(true);
      }};
}

// The isolate has the handler; the history has nothing to do with it.
Plan plan(Instance&, lua::OpId, HandleQuery& command) {
  if (is_built_in_query(command.name)) {
    return Plan::refuse(Error::of(kind::invalid, "every workflow answers the query " + command.name +
                                                     " by itself: the handler needs another name"));
  }
  return Plan::now(lua::Reply::of(true));
}
Plan plan(Instance&, lua::OpId, HandleUpdate&) { return Plan::now(lua::Reply::of(true)); }

Plan plan(Instance& instance, lua::OpId, NameOperation& command) {
  Result<Value> outcome = instance.parts().processes.name_operation(
      command.verb, command.name, command.pid.empty() ? instance.info().pid() : command.pid);
  if (!outcome) return Plan::refuse(std::move(outcome.error()));
  return Plan::now(lua::Reply::of(std::move(*outcome)));
}

namespace {

// Whether some worker of this runtime has the type. Which ones there are is a matter of the deployment: what
// it was when this was new is in the history.
bool may_go_on_as(const Instance& instance, const std::string& id, const std::string& type) {
  if (!instance.replaying()) {
    const WorkflowPrograms& programs = instance.parts().programs;
    return programs.find(type) || programs.other_worker(id);
  }
  const auto recorded = instance.recorded();
  return std::any_of(recorded.begin(), recorded.end(), [&](const Event& event) {
    return event.type == EventType::execution_continued_as_new &&
           text_at(event.attributes, "workflow_type.name") == type;
  });
}

Plan refuse_to_go_on(Instance& instance, const std::string& id) {
  return {std::nullopt, [&instance, id]() -> std::optional<lua::Reply> {
            const Result<Value> refused = instance.record(
                [&]() -> Result<Value> { return fail(kind::not_found, "workflow " + id + " not found"); },
                false, "process.upgrade");
            return refused ? lua::Reply() : lua::Reply::failure(refused.error());
          }};
}

}  // namespace

Plan plan(Instance& instance, lua::OpId, Upgrade& command) {
  Result<Array> input = payloads_of(command.arguments);
  if (!input) {
    return Plan::refuse(Error::of(
        kind::invalid, "failed to encode the arguments of process.upgrade: " + input.error().message));
  }
  const RunInfo& info = instance.info();
  const std::string type = command.id.empty() ? info.type : instance.parts().programs.type_of(command.id);
  Result<> named =
      check_names({{"the type of the workflow", "workflow_type.name", type}}, instance.recorded());
  if (!named) return Plan::refuse(std::move(named.error()));
  if (type != info.type && !may_go_on_as(instance, command.id, type))
    return refuse_to_go_on(instance, command.id);
  Object attributes{{"workflow_type", Object{{"name", type}}},
                    {"task_queue", Object{{"name", info.task_queue}}},
                    {"input", std::move(*input)}};
  Result<Object> header = header_of(*info.frame);
  if (header && !header->empty()) attributes.set("header", std::move(*header));
  if (!instance.memo().empty()) attributes.set("memo", instance.memo());
  if (!instance.search_attributes().empty())
    attributes.set("search_attributes", instance.search_attributes());
  if (const Value* retry = info.started.find("retry_policy")) attributes.set("retry_policy", *retry);
  instance.close_with({EventType::execution_continued_as_new, std::move(attributes), {}, nullptr});
  return {std::nullopt, [] { return std::nullopt; }};
}

}  // namespace trivium::units::workflows
