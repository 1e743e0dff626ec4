#include "app/reference_fields.h"

#include "app/kinds.h"
#include "app/placeholder.h"

namespace trivium::app {
namespace {

constexpr std::string_view meta_fields[] = {"parent",
                                            "depends_on",
                                            "groups",
                                            "server",
                                            "router",
                                            "activity.worker",
                                            "workflow.worker",
                                            "temporal.activity.worker",
                                            "temporal.workflow.worker"};

constexpr std::string_view data_fields[] = {"imports",
                                            "config",
                                            "groups",
                                            "lifecycle.requires",
                                            "lifecycle.security.policies",
                                            "lifecycle.security.groups",
                                            "security.policies",
                                            "security.groups",
                                            "security.token_store",
                                            "token_store",
                                            "server",
                                            "middleware",
                                            "post_middleware",
                                            "network",
                                            "driver",
                                            "dead_letter.queue",
                                            "queue",
                                            "func",
                                            "storage",
                                            "storages",
                                            "store",
                                            "bucket",
                                            "set",
                                            "host",
                                            "process",
                                            "fs",
                                            "env",
                                            "client",
                                            "database"};

void collect_env_fields(const Value* map, std::vector<std::string>& into) {
  if (map == nullptr || !map->is_object()) return;
  for (const auto& [key, value] : map->as_object()) {
    if (key.ends_with("_env")) collect_leaf(&value, into);
  }
}

void collect_contract(const Value& contract, std::vector<std::string>& into) {
  collect_leaf(contract.find("contract"), into);
  const Value* methods = contract.find("methods");
  if (methods == nullptr) return;
  if (methods->is_object()) {
    for (const auto& [name, target] : methods->as_object()) collect_leaf(&target, into);
  } else {
    collect_leaf(methods, into);
  }
}

void collect_contracts(const Value* contracts, std::vector<std::string>& into) {
  if (contracts == nullptr) return;
  if (contracts->is_array()) {
    for (const Value& contract : contracts->as_array()) collect_contract(contract, into);
  } else if (contracts->is_object()) {
    for (const auto& [name, contract] : contracts->as_object()) collect_contract(contract, into);
  }
}

// Children of a process.supervisor: references, maps, and supervisors written in place.
void collect_children(const Value& supervisor, std::vector<std::string>& into) {
  for (const char* field : {"process", "host"}) {
    const Value* dynamic = supervisor.find("dynamic");
    if (dynamic != nullptr) collect_leaf(dynamic->find(field), into);
    collect_leaf(supervisor.find(field), into);
  }
  const Value* children = supervisor.find("children");
  if (children == nullptr || !children->is_array()) return;
  for (const Value& child : children->as_array()) {
    if (child.is_string()) into.push_back(child.as_string());
    for (const char* field : {"process", "host"}) collect_leaf(child.find(field), into);
    const Value* below = child.find("supervisor");
    if (below == nullptr) continue;
    if (below->is_string()) into.push_back(below->as_string());
    if (below->is_object()) collect_children(*below, into);
  }
}

void collect_placeholders(const Value& value, std::vector<std::string>& into) {
  if (value.is_string()) {
    for (std::string& name : placeholder_names(value.as_string())) into.push_back(std::move(name));
  } else if (value.is_array()) {
    for (const Value& item : value.as_array()) collect_placeholders(item, into);
  } else if (value.is_object()) {
    for (const auto& [key, item] : value.as_object()) {
      // Program text keeps its ${…}.
      if (key != "source") collect_placeholders(item, into);
    }
  }
}

}  // namespace

void collect_leaf(const Value* leaf, std::vector<std::string>& into) {
  if (leaf == nullptr) return;
  if (leaf->is_string()) {
    into.push_back(leaf->as_string());
  } else if (leaf->is_array()) {
    for (const Value& item : leaf->as_array()) {
      if (item.is_string()) into.push_back(item.as_string());
    }
  } else if (leaf->is_object()) {
    for (const auto& [key, item] : leaf->as_object()) {
      if (item.is_string()) into.push_back(item.as_string());
    }
  }
}

References references_of(const Entry& entry) {
  References found;
  for (std::string_view field : meta_fields) collect_leaf(entry.meta.find_path(field), found.entries);
  collect_env_fields(&entry.meta, found.variables);
  for (std::string_view field : data_fields) collect_leaf(entry.data.find_path(field), found.entries);
  collect_env_fields(&entry.data, found.variables);
  collect_env_fields(entry.data.find("tls"), found.variables);
  collect_contracts(entry.data.find("contracts"), found.entries);
  if (entry.kind == "process.supervisor") collect_children(entry.data, found.entries);
  if (entry.data.is_object()) {
    for (const auto& [key, value] : entry.data.as_object())
      collect_leaf(value.find("depends_on"), found.entries);
  }
  if (!is_passive_kind(entry.kind)) collect_placeholders(entry.data, found.variables);
  return found;
}

}  // namespace trivium::app
