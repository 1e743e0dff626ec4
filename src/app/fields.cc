#include "app/fields.h"

#include <algorithm>

#include "app/scalar.h"
#include "app/similar.h"

namespace trivium::app {
namespace {

std::string item_path(std::string_view path, size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

std::string shown_scalar(const Value& value) {
  if (value.is_string()) return "\"" + value.as_string() + "\"";
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_double()) {
    std::string text = std::to_string(value.as_double());
    while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
    return text;
  }
  return std::string(value.type_name());
}

bool kind_fits(const std::string& kind, const std::vector<std::string_view>& kinds) {
  return std::any_of(kinds.begin(), kinds.end(), [&](std::string_view wanted) {
    return wanted.ends_with('.') ? kind.starts_with(wanted) : kind == wanted;
  });
}

std::string one_of(const std::vector<std::string_view>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i].empty() ? "\"\"" : std::string(names[i]) + (names[i].ends_with('.') ? "*" : "");
  }
  return text;
}

}  // namespace

void Fields::problem(std::string_view path, std::string message, std::string hint) {
  problems_.add(entry_.problem(path, std::move(message), std::move(hint)));
}

void Fields::wrong_type(std::string_view path, std::string_view wanted, const Value& found,
                        std::string hint) {
  const bool scalar = !found.is_array() && !found.is_object();
  problem(path,
          "must be " + with_article(wanted) + ", not " +
              (scalar ? "the " + std::string(found.type_name()) + " " + shown_scalar(found)
                      : with_article(found.type_name())),
          std::move(hint));
}

bool Fields::undetermined(std::string_view path) const {
  const Value* found = entry_.field(path);
  return !context_.variables && found != nullptr && found->is_string() &&
         !placeholder_names(found->as_string()).empty();
}

std::optional<Resolved> Fields::resolve(std::string_view path, const std::string& text) {
  if (!has_placeholder(text)) return Resolved{text, false, Value()};
  if (!context_.variables && !placeholder_names(text).empty()) return std::nullopt;
  Result<Resolved> resolved = resolve_placeholders(text, entry_.id.ns, context_.variables);
  if (resolved) return std::move(*resolved);
  problem(path, resolved.error().message + " and " + text + " has no default",
          "declare the variable or write ${env:NAME|default}");
  return std::nullopt;
}

std::optional<Value> Fields::scalar(std::string_view path, bool parse) {
  const Value* found = entry_.field(path);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) return *found;
  std::optional<Resolved> resolved = resolve(path, found->as_string());
  if (!resolved) return std::nullopt;
  if (parse && resolved->whole) return resolve_scalar(resolved->text);
  return Value(std::move(resolved->text));
}

std::string Fields::text(std::string_view path, std::string_view fallback) {
  const std::optional<Value> value = scalar(path, false);
  if (!value) return std::string(fallback);
  if (value->is_string()) return value->as_string();
  wrong_type(path, "string", *value, value->is_number() || value->is_bool() ? "quote it" : "");
  return std::string(fallback);
}

std::string Fields::required_text(std::string_view path) {
  const size_t before = problems_.size();
  std::string value = text(path);
  if (value.empty() && problems_.size() == before && !undetermined(path)) {
    problem(path, has(path) ? "must not be empty" : "is required", "write a non-empty string");
  }
  return value;
}

std::string Fields::verbatim(std::string_view path) {
  const Value* found = entry_.field(path);
  if (found == nullptr) return {};
  if (found->is_string()) return found->as_string();
  wrong_type(path, "string", *found);
  return {};
}

std::string Fields::choice(std::string_view path, const std::vector<std::string_view>& allowed,
                           std::string_view fallback) {
  if (!has(path) || undetermined(path)) return std::string(fallback);
  const size_t before = problems_.size();
  std::string value = text(path);
  if (problems_.size() != before) return std::string(fallback);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  problem(path, "must be " + one_of(allowed) + ", not \"" + value + "\"",
          did_you_mean(value, std::vector<std::string>(allowed.begin(), allowed.end())));
  return std::string(fallback);
}

int64_t Fields::integer(std::string_view path, int64_t fallback, IntegerRule rule) {
  const std::optional<Value> value = scalar(path, true);
  if (!value) return fallback;
  if (!value->is_int()) {
    wrong_type(path, "integer", *value);
    return fallback;
  }
  if (value->as_int() < rule.min) {
    problem(path, "must be at least " + std::to_string(rule.min) + ", not " + shown_scalar(*value));
    return fallback;
  }
  if (value->as_int() > rule.max) {
    problem(path, "must be at most " + std::to_string(rule.max) + ", not " + shown_scalar(*value));
    return fallback;
  }
  return value->as_int();
}

double Fields::number(std::string_view path, double fallback, NumberRule rule) {
  const std::optional<Value> value = scalar(path, true);
  if (!value) return fallback;
  if (!value->is_number()) {
    wrong_type(path, "number", *value);
    return fallback;
  }
  if (!(value->number() >= rule.min && value->number() <= rule.max)) {
    problem(path, "must be between " + shown_scalar(Value(rule.min)) + " and " +
                      shown_scalar(Value(rule.max)) + ", not " + shown_scalar(*value));
    return fallback;
  }
  return value->number();
}

bool Fields::boolean(std::string_view path, bool fallback) {
  const std::optional<Value> value = scalar(path, true);
  if (!value) return fallback;
  if (value->is_bool()) return value->as_bool();
  wrong_type(path, "boolean", *value, "write true or false, without quotes");
  return fallback;
}

Duration Fields::duration(std::string_view path, Duration fallback, Duration min) {
  const std::optional<Value> value = scalar(path, false);
  if (!value) return fallback;
  std::optional<Duration> duration;
  if (value->is_int()) duration = Duration(value->as_int());
  if (value->is_string()) duration = parse_duration(value->as_string());
  if (!duration) {
    problem(path, shown_scalar(*value) + " is not a duration",
            "write numbers with units, like 250ms, 10s or 1h30m");
    return fallback;
  }
  if (*duration < min) {
    problem(path, "must be at least " + format_duration(min) + ", not " + format_duration(*duration));
    return fallback;
  }
  return *duration;
}

std::optional<EntryId> Fields::take_id(const std::string& path, const Value& value, const IdRule& rule) {
  EntryId id;
  bool qualified = false;
  if (value.is_string()) {
    const std::optional<Resolved> text = resolve(path, value.as_string());
    if (!text) return std::nullopt;
    const EntryId written = EntryId::parse(text->text);
    qualified = !written.ns.empty();
    id = EntryId::resolve(text->text, entry_.id.ns);
  } else if (value.is_object()) {
    const Value* ns = value.find("ns");
    const Value* name = value.find("name");
    qualified = ns != nullptr && ns->is_string() && !ns->as_string().empty();
    id.ns = qualified ? ns->as_string() : entry_.id.ns;
    if (name != nullptr && name->is_string()) id.name = name->as_string();
  } else {
    wrong_type(path, "reference", value, "write namespace:name");
    return std::nullopt;
  }
  if (id.name.empty()) {
    problem(path, "must name an entry", "write namespace:name");
    return std::nullopt;
  }
  if (rule.qualified && !qualified) {
    problem(path, "invalid ID format, must have both namespace and name", "write " + id.text());
    return std::nullopt;
  }
  check_target(path, id, rule);
  return id;
}

void Fields::check_target(const std::string& path, const EntryId& id, const IdRule& rule) {
  if (context_.snapshot == nullptr || (!rule.exists && rule.kinds.empty())) return;
  if (rule.groups && (id.ns == "group" || id.ns == "ns")) return;
  const Entry* target = context_.snapshot->find(id);
  if (target == nullptr) {
    if (context_.broken_namespaces != nullptr && context_.broken_namespaces->contains(id.ns)) return;
    const std::string_view kind = rule.kinds.size() == 1 ? rule.kinds.front() : std::string_view();
    problem(path, "there is no entry " + id.text(), did_you_mean(id, *context_.snapshot, kind));
  } else if (!rule.kinds.empty() && !kind_fits(target->kind, rule.kinds)) {
    problem(path, id.text() + " is a " + target->kind + " (" + target->place().text() + "), but " +
                      one_of(rule.kinds) + " is needed");
  }
}

EntryId Fields::id(std::string_view path, const IdRule& rule) {
  const Value* found = entry_.field(path);
  if (found == nullptr || (found->is_string() && found->as_string().empty())) {
    if (rule.required) problem(path, "is required", "write namespace:name");
    return {};
  }
  return take_id(std::string(path), *found, rule).value_or(EntryId());
}

std::vector<EntryId> Fields::ids(std::string_view path, const IdRule& rule) {
  std::vector<EntryId> ids;
  const Value* found = entry_.field(path);
  if (found == nullptr) {
    if (rule.required) problem(path, "is required", "write a list of namespace:name");
    return ids;
  }
  if (!found->is_array()) {
    wrong_type(path, "list", *found, "write [namespace:name, …]");
    return ids;
  }
  const Array& items = found->as_array();
  for (size_t i = 0; i < items.size(); ++i) {
    if (auto id = take_id(item_path(path, i), items[i], rule)) ids.push_back(std::move(*id));
  }
  if (rule.required && items.empty()) problem(path, "must not be empty");
  return ids;
}

std::vector<std::string> Fields::texts(std::string_view path) {
  std::vector<std::string> texts;
  const Value* found = entry_.field(path);
  if (found == nullptr) return texts;
  if (!found->is_array()) {
    wrong_type(path, "list", *found, "write a list of strings");
    return texts;
  }
  const Array& items = found->as_array();
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string at = item_path(path, i);
    if (!items[i].is_string()) {
      wrong_type(at, "string", items[i], items[i].is_number() || items[i].is_bool() ? "quote it" : "");
    } else if (auto text = resolve(at, items[i].as_string())) {
      texts.push_back(std::move(text->text));
    }
  }
  return texts;
}

std::vector<std::pair<std::string, std::string>> Fields::text_map(std::string_view path) {
  std::vector<std::pair<std::string, std::string>> map;
  const Value* found = entry_.field(path);
  if (found == nullptr) return map;
  if (!found->is_object()) {
    wrong_type(path, "map", *found);
    return map;
  }
  for (const auto& [key, value] : found->as_object()) {
    const std::string at = std::string(path) + "." + key;
    if (!value.is_string()) {
      wrong_type(at, "string", value, value.is_number() || value.is_bool() ? "quote it" : "");
    } else if (auto text = resolve(at, value.as_string())) {
      map.emplace_back(key, std::move(text->text));
    }
  }
  return map;
}

Value Fields::resolve_all(const std::string& path, const Value& value) {
  if (value.is_string()) {
    if (!has_placeholder(value.as_string())) return value;
    auto resolved = resolve(path, value.as_string());
    return resolved ? std::move(resolved->typed) : Value();
  }
  if (value.is_array()) {
    Array array;
    for (size_t i = 0; i < value.as_array().size(); ++i) {
      array.push_back(resolve_all(item_path(path, i), value.as_array()[i]));
    }
    return array;
  }
  if (value.is_object()) {
    Object object;
    for (const auto& [key, item] : value.as_object()) {
      std::string below = path;
      below += '.';
      below += key;
      object.set(key, resolve_all(below, item));
    }
    return object;
  }
  return value;
}

Value Fields::value(std::string_view path) {
  const Value* found = entry_.field(path);
  return found == nullptr ? Value() : resolve_all(std::string(path), *found);
}

Array Fields::list(std::string_view path) {
  const Value* found = entry_.field(path);
  if (found == nullptr) return {};
  if (!found->is_array()) {
    wrong_type(path, "list", *found);
    return {};
  }
  Value resolved = resolve_all(std::string(path), *found);
  return std::move(resolved.as_array());
}

}  // namespace trivium::app
