#include "units/workflows/built_in_queries.h"

namespace trivium::units::workflows {
namespace {

struct BuiltIn {
  std::string_view name;
  lua::Reply (*answer)(const RunInfo& info);
};

constexpr BuiltIn built_in[] = {
    {"state", [](const RunInfo&) { return lua::Reply::of(Object()); }},
    {"pid", [](const RunInfo& info) { return lua::Reply::of(info.workflow_id); }},
    {"__stack_trace", [](const RunInfo& info) { return lua::Reply::of("Workflow: " + info.entry_id); }},
    {"__open_sessions", [](const RunInfo&) { return lua::Reply::of(Array()); }},
};

const BuiltIn* find(std::string_view name) {
  for (const BuiltIn& query : built_in) {
    if (query.name == name) return &query;
  }
  return nullptr;
}

}  // namespace

bool is_built_in_query(std::string_view name) { return find(name) != nullptr; }

std::optional<lua::Reply> answer_built_in(const RunInfo& info, std::string_view name) {
  const BuiltIn* query = find(name);
  if (query == nullptr) return std::nullopt;
  return query->answer(info);
}

}  // namespace trivium::units::workflows
