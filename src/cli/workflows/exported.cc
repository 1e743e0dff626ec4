#include "cli/workflows/exported.h"

#include "core/json.h"

namespace trivium::cli {
namespace {

constexpr std::string_view format = "trivium.history/1";

tl::unexpected<Error> no_export(const std::string& why) {
  return fail(kind::invalid, "this is no exported history: " + why);
}

}  // namespace

std::string export_text(const ExportedRun& run) {
  std::string out = "{";
  const auto add = [&out](std::string_view key, std::string_view text) {
    if (out.size() > 1) out += ",\n";
    json::append_string(out, key);
    out += ": ";
    json::append_string(out, text);
  };
  add("format", format);
  add("workflow_id", run.workflow_id);
  add("run_id", run.run_id);
  add("type", run.type);
  add("provider", run.provider);
  add("worker", run.worker);
  return out + ",\n\"events\": " + units::workflows::encode_events(run.events) + "}\n";
}

Result<ExportedRun> parse_export(std::string_view text) {
  Result<Value> whole = json::decode(text);
  if (!whole) return no_export(whole.error().message);
  if (!whole->is_object()) return no_export("it is not a JSON object");
  Object& members = whole->as_object();
  const auto member = [&](std::string_view key) {
    return std::string(units::workflows::text_at(members, key));
  };
  if (member("format") != format) {
    return no_export("its format is \"" + member("format") + "\", not \"" + std::string(format) + "\"");
  }
  ExportedRun run{member("workflow_id"), member("run_id"), member("type"),
                  member("provider"),    member("worker"), {}};
  Value* events = members.find("events");
  if (events == nullptr || !events->is_array()) return no_export("it has no list of events");
  units::workflows::append_events(std::move(events->as_array()), run.events);
  if (run.events.empty() || run.events.front().type != units::workflows::EventType::execution_started) {
    return no_export("it does not begin with WorkflowExecutionStarted");
  }
  for (size_t i = 0; i < run.events.size(); ++i) {
    if (run.events[i].id == static_cast<int64_t>(i) + 1) continue;
    return no_export("event " + std::to_string(i + 1) + " has the ID " + std::to_string(run.events[i].id));
  }
  return run;
}

}  // namespace trivium::cli
