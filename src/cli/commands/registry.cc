#include <algorithm>

#include "app/similar.h"
#include "cli/application.h"
#include "cli/commands/commands.h"
#include "cli/entry_filter.h"
#include "cli/exec_target.h"
#include "cli/json_text.h"
#include "cli/yaml_text.h"

namespace trivium::cli {
namespace {

std::string json_line(const Value& value) {
  std::string text;
  append_json(text, value, JsonSpacing::none);
  return text + "\n";
}

std::string cut(std::string text, size_t width) {
  if (text.size() > width) text = text.substr(0, width - 3) + "...";
  return text;
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

Value sorted(const Value& map) {
  if (!map.is_object()) return map;
  std::vector<Object::Member> members(map.as_object().begin(), map.as_object().end());
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Object result;
  for (auto& [key, value] : members) result.set(key, std::move(value));
  return result;
}

bool is_empty(const Value& value) { return !value.is_object() || value.as_object().empty(); }

Result<EntryList> chosen(const Inspected& application, const RegistryListRequest& request) {
  std::vector<EntryFilter> conditions;
  for (const std::string& text : request.meta) {
    auto condition = meta_condition(text);
    if (!condition) return fail(condition.error());
    conditions.push_back(std::move(*condition));
  }
  EntryList entries;
  for (const app::Entry& entry : application.entries) {
    if (!request.kind.empty() && !matches_glob(request.kind, entry.kind)) continue;
    if (!request.ns.empty() && !matches_glob(request.ns, entry.id.ns)) continue;
    if (!request.name.empty() && !matches_glob(request.name, entry.id.name)) continue;
    const bool all = std::all_of(conditions.begin(), conditions.end(),
                                 [&entry](const EntryFilter& condition) { return condition(entry); });
    if (all) entries.push_back(&entry);
  }
  std::sort(entries.begin(), entries.end(),
            [](const app::Entry* a, const app::Entry* b) { return a->id.text() < b->id.text(); });
  return entries;
}

void print_table(const EntryList& entries, std::string& out) {
  size_t id_width = 2;
  size_t kind_width = 4;
  for (const app::Entry* entry : entries) {
    id_width = std::max(id_width, std::min<size_t>(entry->id.text().size(), 50));
    kind_width = std::max(kind_width, std::min<size_t>(entry->kind.size(), 30));
  }
  out += padded("ID", id_width) + "  KIND\n";
  out += std::string(id_width, '-') + "  " + std::string(kind_width, '-') + "\n";
  for (const app::Entry* entry : entries) {
    out += padded(cut(entry->id.text(), 50), id_width) + "  " + cut(entry->kind, 30) + "\n";
  }
  out += "\nTotal: " + std::to_string(entries.size()) + " entries\n";
}

Result<const app::Entry*> find_entry(const Inspected& application, const std::string& text) {
  const bool bare = text.find(':') == std::string::npos;
  const EntryId id = EntryId::parse(text);
  EntryList found;
  std::vector<std::string> candidates;
  for (const app::Entry& entry : application.entries) {
    if (bare ? entry.id.name == text : entry.id == id) found.push_back(&entry);
    candidates.push_back(bare ? entry.id.name : entry.id.text());
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    return fail(kind::invalid, "ambiguous entry name \"" + text + "\", use full ID (namespace:name)");
  }
  const std::string hint = app::did_you_mean(text, candidates);
  return fail(kind::not_found, "entry not found: " + text + (hint.empty() ? "" : " (" + hint + ")"));
}

Result<int> print_field(const app::Entry& entry, const RegistryShowRequest& request, std::string& out) {
  const Value* value = entry.data.find(request.field);
  if (!value) return fail(kind::not_found, "field \"" + request.field + "\" not found in entry data");
  std::string text;
  if (request.json) {
    text = json_line(*value);
  } else {
    text = value->is_string() ? value->as_string() + "\n" : yaml_text(*value);
  }
  if (request.raw) text.pop_back();
  out += text;
  return 0;
}

}  // namespace

Result<int> list_registry(const GlobalOptions& global, const RegistryListRequest& request, std::string& out) {
  const auto application = inspect_application(global, request.source);
  if (!application) return fail(application.error());
  const auto entries = chosen(*application, request);
  if (!entries) return fail(entries.error());
  if (!request.json && !request.yaml) {
    if (entries->empty()) {
      out += "No entries found\n";
    } else {
      print_table(*entries, out);
    }
    return 0;
  }
  Array list;
  for (const app::Entry* entry : *entries) {
    Object item{{"id", entry->id.text()}, {"kind", entry->kind}};
    if (!is_empty(entry->meta)) item.set("meta", entry->meta);
    list.push_back(std::move(item));
  }
  out += request.json ? json_line(list) : yaml_text(list);
  return 0;
}

Result<int> show_registry(const GlobalOptions& global, const RegistryShowRequest& request, std::string& out) {
  const auto application = inspect_application(global, request.source);
  if (!application) return fail(application.error());
  const auto found = find_entry(*application, request.id);
  if (!found) return fail(found.error());
  const app::Entry& entry = **found;
  if (!request.field.empty()) return print_field(entry, request, out);
  if (request.json || request.yaml || request.raw) {
    const Value whole =
        Object{{"id", entry.id.text()}, {"kind", entry.kind}, {"meta", entry.meta}, {"data", entry.data}};
    out += request.json ? json_line(whole) : yaml_text(whole);
    return 0;
  }
  out += "ID:   " + entry.id.text() + "\nKind: " + entry.kind + "\n";
  if (!is_empty(entry.meta)) out += "\nMetadata:\n" + yaml_text(sorted(entry.meta), 2);
  out += "\nData:\n" + yaml_text(entry.data, 2);
  return 0;
}

}  // namespace trivium::cli
