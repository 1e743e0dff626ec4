// Values made once and replayed: uuid and crypto, workflow.version.
#include "units/workflows/meanings.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {
namespace {

constexpr size_t search_attribute_limit = 2048;

std::optional<int64_t> known_version(const Instance& instance, const std::string& change) {
  for (const auto& [id, version] : const_cast<Instance&>(instance).versions()) {
    if (id == change) return version;
  }
  return std::nullopt;
}

void record_version(Instance& instance, const std::string& change, int64_t version) {
  Array known{Value(change + "-" + std::to_string(version))};
  for (const auto& [id, earlier] : instance.versions())
    known.push_back(Value(id + "-" + std::to_string(earlier)));
  const Value attribute = json_payload(std::move(known));
  const bool fits = attribute.find("data")->as_string().size() < search_attribute_limit;
  Object details{{"change-id", Array{json_payload(change)}}, {"version", Array{json_payload(version)}}};
  if (!fits) details.set("version-search-attribute-updated", Array{json_payload(false)});
  instance.emit({EventType::marker_recorded,
                 Object{{"marker_name", "Version"}, {"details", std::move(details)}},
                 {},
                 nullptr,
                 true});
  if (!fits) return;
  instance.emit({EventType::search_attributes_upserted,
                 Object{{"search_attributes", Object{{"TemporalChangeVersion", attribute}}}},
                 {},
                 nullptr,
                 true});
}

std::optional<lua::Reply> decide(Instance& instance, const std::string& change, int64_t min, int64_t max) {
  std::optional<int64_t> version = known_version(instance, change);
  if (!version) {
    version = instance.replaying() ? -1 : max;
    if (!instance.replaying()) record_version(instance, change, *version);
    instance.versions().emplace_back(change, *version);
  }
  const std::string told = std::to_string(*version) + ". for \"" + change + "\" changeID. ";
  if (*version < min) {
    instance.fail_task(true, "[TMPRL1100] Workflow code removed support of version " + told +
                                 "The oldest supported version is " + std::to_string(min));
  } else if (*version > max) {
    instance.fail_task(true, "[TMPRL1100] Workflow code is too old to support version " + told +
                                 "The maximum supported version is " + std::to_string(max));
  }
  return lua::Reply::of(*version);
}

}  // namespace

Plan plan(Instance& instance, lua::OpId, SideEffect& command) {
  return {std::nullopt,
          [&instance, produce = std::move(command.produce),
           binary = command.binary]() -> std::optional<lua::Reply> {
            Result<Value> value = instance.record(produce, binary, "workflow.sideEffect");
            if (!value) return lua::Reply::failure(std::move(value.error()));
            return lua::Reply::of(std::move(*value));
          }};
}

Plan plan(Instance& instance, lua::OpId, WorkflowVersion& command) {
  return {std::nullopt, [&instance, change = std::move(command.change_id), min = command.min,
                         max = command.max] { return decide(instance, change, min, max); }};
}

}  // namespace trivium::units::workflows
