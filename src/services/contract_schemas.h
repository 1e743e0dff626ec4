// What a contract says about the arguments of a method, to hold calls against.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/fields.h"
#include "core/json_schema/schema.h"

namespace trivium::services {

// By argument; nothing: whatever it is, it may be.
using ArgumentSchemas = std::vector<std::optional<json::Schema>>;
// By name of the method; methods that say nothing of their arguments are not there.
using MethodSchemas = std::map<std::string, std::shared_ptr<const ArgumentSchemas>, std::less<>>;

// The JSON Schemas among `schemas`, the input_schemas of a method, as contract:methods() shows them: the
// first is of the first argument. What does not compile is a problem of the field at `path`.
ArgumentSchemas read_argument_schemas(app::Fields& fields, const std::string& path, const Array& schemas);

}  // namespace trivium::services
