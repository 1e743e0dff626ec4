#include "units/workflows/names.h"

#include <algorithm>
#include <string>

#include "app/utf8.h"
#include "core/json.h"

namespace trivium::units::workflows {
namespace {

constexpr std::string_view workflow_id_option = "workflow.id";

// As histories keep texts.
std::string kept(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

bool is_recorded(const CommandName& name, std::span<const Event> recorded) {
  return std::any_of(recorded.begin(), recorded.end(), [&](const Event& event) {
    const Value* there = value_at(event.attributes, name.path);
    return there != nullptr && there->is_string() && kept(there->as_string()) == kept(name.name);
  });
}

}  // namespace

Result<> check_name(std::string_view what, std::string_view name) {
  if (app::is_utf8(name) && name.find('\0') == std::string_view::npos) return {};
  return fail(kind::invalid, std::string(what) + " must be UTF-8 text without NUL bytes");
}

Result<> check_workflow_id(std::string_view id) {
  if (Result<> named = check_name(workflow_id_option, id); !named) return named;
  if (id.find('|') == std::string_view::npos) return {};
  return fail(kind::invalid, std::string(workflow_id_option) + " must not contain '|': no PID could name \"" +
                                 std::string(id) + "\"");
}

Result<> check_names(std::initializer_list<CommandName> names, std::span<const Event> recorded) {
  for (const CommandName& name : names) {
    Result<> checked =
        name.what == workflow_id_option ? check_workflow_id(name.name) : check_name(name.what, name.name);
    if (!checked && !is_recorded(name, recorded)) return checked;
  }
  return {};
}

}  // namespace trivium::units::workflows
