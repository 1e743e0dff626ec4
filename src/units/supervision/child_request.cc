#include "units/supervision/child_request.h"

#include "app/similar.h"
#include "core/entry_id.h"

namespace trivium::units {
namespace {

const std::vector<std::string>& known_fields() {
  static const std::vector<std::string> names{"id",   "process", "host",    "input",
                                              "name", "restart", "shutdown"};
  return names;
}

Error wrong(const std::string& field, const std::string& what) {
  return Error::of(kind::invalid, "field " + field + ": " + what);
}

Result<> read_text_field(const std::string& key, const std::string& text, const std::string& home,
                         ChildSpec& child) {
  if (key == "id") child.rules.id = text;
  if (key == "name") child.name = text;
  if (key == "process") child.process = EntryId::resolve(text, home).text();
  if (key == "host") child.host = EntryId::resolve(text, home).text();
  if (key == "restart") {
    const auto rule = parse_restart(text);
    if (!rule) return fail(wrong(key, "must be permanent, transient or temporary, not \"" + text + "\""));
    child.rules.restart = *rule;
  }
  if (key == "shutdown") {
    const auto grace = parse_grace(text);
    if (!grace) return fail(wrong(key, "must be a duration like 5s, kill or infinity, not \"" + text + "\""));
    child.rules.grace = *grace;
  }
  return {};
}

}  // namespace

Result<ChildSpec> read_child_request(const Object& fields, const SupervisorSpec& supervisor) {
  ChildSpec child = supervisor.pattern;
  const std::string home = EntryId::parse(supervisor.address).ns;
  for (const auto& [key, value] : fields) {
    if (key == "input") {
      if (value.is_object() && !value.as_object().empty()) return fail(wrong(key, "must be a list"));
      if (!value.is_array() && !value.is_object()) return fail(wrong(key, "must be a list"));
      child.input = value.is_array() ? value.as_array() : Array();
      continue;
    }
    const std::vector<std::string>& known = known_fields();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      const std::string hint = app::did_you_mean(key, known);
      return fail(wrong(key, "a child has no such field" + (hint.empty() ? "" : ", " + hint)));
    }
    if (!value.is_string()) {
      return fail(wrong(key, "must be a string, not a " + std::string(value.type_name())));
    }
    if (Result<> read = read_text_field(key, value.as_string(), home, child); !read) {
      return fail(std::move(read.error()));
    }
  }
  if (child.process.empty()) return fail(wrong("process", "is required: which process to start"));
  if (child.host.empty()) return fail(wrong("host", "is required: where to run it"));
  child.rules.dynamic = true;
  return child;
}

}  // namespace trivium::units
