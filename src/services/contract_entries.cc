#include "services/contract_entries.h"

#include <algorithm>
#include <set>

namespace trivium::services {
namespace {

std::string at(const std::string& path, size_t index) { return path + "[" + std::to_string(index) + "]"; }

// The member as text; its absence is a mistake only if it is `required`.
std::string text(app::Fields& fields, const std::string& path, const Value& map, std::string_view key,
                 bool required) {
  const Value* value = map.find(key);
  const std::string place = path + "." + std::string(key);
  if (value == nullptr || value->is_nil()) {
    if (required) fields.problem(place, "is required");
    return {};
  }
  if (!value->is_string()) {
    fields.problem(place, "must be a string");
    return {};
  }
  if (required && value->as_string().empty()) fields.problem(place, "must not be empty");
  return value->as_string();
}

// The member as a list; empty when it is absent.
Array list(app::Fields& fields, const std::string& path, const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  if (value == nullptr || value->is_nil()) return {};
  if (value->is_array()) return value->as_array();
  fields.problem(path + "." + std::string(key), "must be a list");
  return {};
}

Array read_schemas(app::Fields& fields, const std::string& path, const Value& method, std::string_view key) {
  Array schemas;
  const Array given = list(fields, path, method, key);
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string place = at(path + "." + std::string(key), i);
    if (!given[i].is_object()) {
      fields.problem(place, "must be a map");
      continue;
    }
    Object schema{{"format", text(fields, place, given[i], "format", true)}};
    if (const Value* definition = given[i].find("definition")) schema.set("definition", *definition);
    schemas.emplace_back(std::move(schema));
  }
  return schemas;
}

const Array* methods_of(const app::Snapshot& snapshot, const EntryId& id) {
  const app::Entry* entry = snapshot.find(id);
  const Value* methods = entry != nullptr ? entry->field("methods") : nullptr;
  return methods != nullptr && methods->is_array() ? &methods->as_array() : nullptr;
}

bool names_method(const Array& methods, const std::string& name) {
  return std::any_of(methods.begin(), methods.end(), [&](const Value& method) {
    const Value* known = method.find("name");
    return known != nullptr && *known == Value(name);
  });
}

// Every method of the definition is bound, and nothing else is.
void check_methods(app::Fields& fields, const std::string& path, const app::Snapshot& snapshot,
                   const BoundContract& bound) {
  const Array* defined = methods_of(snapshot, EntryId::parse(bound.contract));
  if (defined == nullptr) return;  // a mistake of the definition
  for (const Value& method : *defined) {
    const Value* name = method.find("name");
    if (name == nullptr || !name->is_string()) continue;
    const bool is_bound = std::any_of(bound.methods.begin(), bound.methods.end(),
                                      [&](const auto& pair) { return pair.first == name->as_string(); });
    if (!is_bound)
      fields.problem(path + ".methods",
                     "does not bind method " + name->as_string() + " of " + bound.contract);
  }
  const std::string prefix = path + ".methods.";
  for (const auto& [name, function] : bound.methods) {
    if (!names_method(*defined, name))
      fields.problem(prefix + name, bound.contract + " has no method " + name);
  }
}

// The default of a contract is the first binding, by id, that says so.
void check_default(app::Fields& fields, const std::string& path, const app::Snapshot& snapshot,
                   const BoundContract& bound) {
  for (const app::Entry* other : snapshot.of_kind(contract_binding_kind)) {
    if (other->id == fields.entry().id) return;
    const Value* contracts = other->field("contracts");
    if (contracts == nullptr || !contracts->is_array()) continue;
    for (const Value& theirs : contracts->as_array()) {
      const Value* contract = theirs.find("contract");
      const Value* is_default = theirs.find("default");
      if (contract != nullptr && *contract == Value(bound.contract) && is_default != nullptr &&
          *is_default == Value(true)) {
        fields.problem(path + ".default",
                       bound.contract + " has the default binding " + other->id.text() + " already");
        return;
      }
    }
  }
}

void check_contract_id(app::Fields& fields, const std::string& path, const app::FieldContext& context,
                       const std::string& id) {
  if (id.empty()) return;
  const EntryId parsed = EntryId::parse(id);
  if (!parsed.qualified()) {
    fields.problem(path, "\"" + id + "\" needs a namespace", "write namespace:name");
    return;
  }
  if (context.snapshot == nullptr) return;
  if (context.broken_namespaces != nullptr && context.broken_namespaces->contains(parsed.ns)) return;
  const app::Entry* entry = context.snapshot->find(parsed);
  if (entry == nullptr) {
    fields.problem(path, "there is no entry " + id);
  } else if (entry->kind != contract_definition_kind) {
    fields.problem(path, id + " is a " + entry->kind + ", not a contract.definition");
  }
}

BoundContract read_bound(app::Fields& fields, const std::string& path, const Value& given,
                         const app::FieldContext& context) {
  BoundContract bound;
  bound.contract = text(fields, path, given, "contract", true);
  check_contract_id(fields, path + ".contract", context, bound.contract);
  const Value* methods = given.find("methods");
  if (methods != nullptr && !methods->is_nil() && !methods->is_object())
    fields.problem(path + ".methods", "must be a map from methods to functions");
  if (methods != nullptr && methods->is_object()) {
    const std::string prefix = path + ".methods.";
    for (const auto& [name, function] : methods->as_object()) {
      if (!function.is_string() || function.as_string().empty()) {
        fields.problem(prefix + name, "must be the id of a function");
        continue;
      }
      bound.methods.emplace_back(name, EntryId::resolve(function.as_string(), fields.entry().id.ns).text());
    }
  }
  for (const Value& key : list(fields, path, given, "context_required")) {
    if (key.is_string()) {
      bound.context_required.push_back(key.as_string());
    } else {
      fields.problem(path + ".context_required", "must be a list of strings");
    }
  }
  if (const Value* is_default = given.find("default"); is_default != nullptr && !is_default->is_nil()) {
    if (is_default->is_bool()) {
      bound.is_default = is_default->as_bool();
    } else {
      fields.problem(path + ".default", "must be true or false");
    }
  }
  return bound;
}

}  // namespace

ContractDefinition read_contract_definition(app::Fields& fields) {
  ContractDefinition definition;
  definition.id = fields.entry().id;
  const bool validate = fields.boolean("validate_arguments", false);
  std::set<std::string> names;
  const Array methods = fields.list("methods");
  for (size_t i = 0; i < methods.size(); ++i) {
    const std::string path = at("methods", i);
    if (!methods[i].is_object()) {
      fields.problem(path, "must be a map");
      continue;
    }
    std::string name = text(fields, path, methods[i], "name", true);
    if (!name.empty() && !names.insert(name).second)
      fields.problem(path + ".name", "there is a method " + name + " already");
    Object method{{"name", name}, {"description", text(fields, path, methods[i], "description", false)}};
    for (const char* key : {"input_schemas", "output_schemas"}) {
      if (Array schemas = read_schemas(fields, path, methods[i], key); !schemas.empty())
        method.set(key, std::move(schemas));
    }
    if (const Value* inputs = method.find("input_schemas"); validate && inputs != nullptr) {
      definition.arguments[name] = std::make_shared<const ArgumentSchemas>(
          read_argument_schemas(fields, path + ".input_schemas", inputs->as_array()));
    }
    definition.methods.emplace_back(std::move(method));
  }
  return definition;
}

ContractBinding read_contract_binding(app::Fields& fields, const app::FieldContext& context) {
  ContractBinding binding;
  binding.id = fields.entry().id;
  const Array contracts = fields.list("contracts");
  if (contracts.empty() && fields.ok()) fields.problem("contracts", "must name at least one contract");
  std::set<std::string> seen;
  for (size_t i = 0; i < contracts.size(); ++i) {
    const std::string path = at("contracts", i);
    if (!contracts[i].is_object()) {
      fields.problem(path, "must be a map");
      continue;
    }
    BoundContract bound = read_bound(fields, path, contracts[i], context);
    if (!seen.insert(bound.contract).second && !bound.contract.empty())
      fields.problem(path + ".contract", bound.contract + " is bound already");
    if (context.snapshot != nullptr) {
      check_methods(fields, path, *context.snapshot, bound);
      if (bound.is_default) check_default(fields, path, *context.snapshot, bound);
    }
    binding.contracts.push_back(std::move(bound));
  }
  return binding;
}

void add_contract_kinds(app::Kinds& kinds) {
  kinds.add(std::string(contract_definition_kind),
            [](const app::Entry& entry, const app::FieldContext& context, app::Problems& problems) {
              app::Fields fields(entry, context, problems);
              read_contract_definition(fields);
            });
  kinds.add(std::string(contract_binding_kind),
            [](const app::Entry& entry, const app::FieldContext& context, app::Problems& problems) {
              app::Fields fields(entry, context, problems);
              read_contract_binding(fields, context);
            });
}

}  // namespace trivium::services
