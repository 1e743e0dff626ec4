#include "units/workflows/flags.h"

#include <string>

namespace trivium::units::workflows {
namespace {

constexpr std::string_view name = "trivium";
constexpr int64_t turns = 1;

}  // namespace

Object sdk_metadata() { return Object{{"sdk_name", name}, {"lang_used_flags", Array{Value(turns)}}}; }

Result<Flags> flags_of(const Event& first_completed) {
  const Object& attributes = first_completed.attributes;
  // Histories of other systems have flags of their own. Ours had none at first, and no name.
  const std::string_view written_by = text_at(attributes, "sdk_metadata.sdk_name");
  if (written_by != name)
    return Flags{.turns = !written_by.empty() || text_at(attributes, "identity") != name};
  Flags flags{.turns = false};
  const Value* used = value_at(attributes, "sdk_metadata.lang_used_flags");
  if (used == nullptr || !used->is_array()) return flags;
  for (const Value& flag : used->as_array()) {
    if (!flag.is_int() || flag.as_int() != turns) {
      return fail(kind::invalid,
                  "a newer runtime wrote the history, and this one does not know all it did: use "
                  "the newer one");
    }
    flags.turns = true;
  }
  return flags;
}

}  // namespace trivium::units::workflows
