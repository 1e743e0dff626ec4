#include "services/contract_schemas.h"

#include "core/json.h"

namespace trivium::services {
namespace {

constexpr std::string_view json_schema = "application/schema+json";

// A definition may be given as JSON text.
Result<json::Schema> compile(const Value& definition) {
  if (!definition.is_string()) return json::Schema::compile(definition);
  const Result<Value> decoded = json::decode(definition.as_string());
  if (!decoded) return fail(decoded.error());
  return json::Schema::compile(*decoded);
}

}  // namespace

ArgumentSchemas read_argument_schemas(app::Fields& fields, const std::string& path, const Array& schemas) {
  ArgumentSchemas arguments;
  arguments.reserve(schemas.size());
  for (const Value& schema : schemas) {
    std::optional<json::Schema>& argument = arguments.emplace_back();
    const Value* definition = schema.find("definition");
    if (definition == nullptr || *schema.find("format") != Value(json_schema)) continue;
    Result<json::Schema> compiled = compile(*definition);
    if (compiled) {
      argument = std::move(*compiled);
    } else {
      fields.problem(path + "[" + std::to_string(arguments.size() - 1) + "].definition",
                     compiled.error().message);
    }
  }
  return arguments;
}

}  // namespace trivium::services
