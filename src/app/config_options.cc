#include "app/config_options.h"

#include <string_view>

namespace trivium::app {
namespace {

enum class Type { boolean, integer, number, text, duration, texts };

struct Option {
  std::string_view section;
  std::string_view key;
  Type type;
};

constexpr Option options[] = {
    {"logger", "encoding", Type::text},
    {"logger", "mode", Type::text},
    {"logger", "level", Type::text},
    {"logmanager", "propagate_downstream", Type::boolean},
    {"logmanager", "stream_to_events", Type::boolean},
    {"logmanager", "min_level", Type::integer},
    {"security", "strict_mode", Type::boolean},
    {"shutdown", "timeout", Type::duration},
    {"registry", "enable_history", Type::boolean},
    {"registry", "history_type", Type::text},
    {"registry", "history_path", Type::text},
    {"registry", "history_dsn", Type::text},
    {"registry", "history_schema", Type::text},
    {"registry", "event_wait_timeout", Type::duration},
    {"registry", "dispatch_internal_kinds", Type::texts},
    {"relay", "node_name", Type::text},
    {"supervisor", "host.buffer_size", Type::integer},
    {"supervisor", "host.worker_count", Type::integer},
    {"lua", "proto_cache_size", Type::integer},
    {"lua", "main_cache_size", Type::integer},
    {"lua", "type_system.enabled", Type::boolean},
    {"lua", "type_system.strict", Type::boolean},
    {"lua", "cache.enabled", Type::boolean},
    {"lua", "cache.dir", Type::text},
    {"lua", "cache.mode", Type::text},
    {"finder", "query_cache_size", Type::integer},
    {"finder", "regex_cache_size", Type::integer},
    {"metrics", "buffer.size", Type::integer},
    {"metrics", "interceptor.enabled", Type::boolean},
    {"prometheus", "enabled", Type::boolean},
    {"prometheus", "address", Type::text},
    {"profiler", "enabled", Type::boolean},
    {"profiler", "address", Type::text},
    {"profiler", "read_timeout", Type::duration},
    {"profiler", "write_timeout", Type::duration},
    {"profiler", "idle_timeout", Type::duration},
    {"otel", "enabled", Type::boolean},
    {"otel", "endpoint", Type::text},
    {"otel", "protocol", Type::text},
    {"otel", "service_name", Type::text},
    {"otel", "sample_rate", Type::number},
    {"otel", "traces_enabled", Type::boolean},
    {"otel", "metrics_enabled", Type::boolean},
    {"cluster", "enabled", Type::boolean},
};

bool fits(const Value& value, Type type) {
  switch (type) {
    case Type::boolean:
      return value.is_bool();
    case Type::integer:
      return value.is_int();
    case Type::number:
      return value.is_number();
    case Type::text:
      return value.is_string();
    case Type::duration:
      return value.is_string() && parse_duration(value.as_string()).has_value();
    case Type::texts: {
      if (!value.is_array()) return false;
      for (const Value& item : value.as_array()) {
        if (!item.is_string()) return false;
      }
      return true;
    }
  }
  return false;
}

std::string_view wanted(Type type) {
  switch (type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "an integer";
    case Type::number:
      return "a number";
    case Type::text:
      return "a string";
    case Type::duration:
      return "a duration like 250ms, 10s or 1h30m";
    case Type::texts:
      return "a list of strings";
  }
  return "";
}

std::string shown(const Value& value) {
  if (value.is_string()) return "\"" + value.as_string() + "\"";
  return with_article(value.type_name());
}

}  // namespace

void check_option_types(const ConfigSections& sections, Problems& problems) {
  for (const Option& option : options) {
    auto section = sections.find(option.section);
    if (section == sections.end()) continue;
    auto setting = section->second.find(option.key);
    if (setting == section->second.end() || setting->second.value.is_nil()) continue;
    if (fits(setting->second.value, option.type)) continue;
    problems.add(setting->second.place, std::string(option.section) + "." + std::string(option.key) +
                                            " must be " + std::string(wanted(option.type)) + ", not " +
                                            shown(setting->second.value));
  }
}

}  // namespace trivium::app
