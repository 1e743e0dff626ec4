#include "units/workflows/options.h"

#include <array>
#include <cmath>

#include "core/json.h"
#include "core/time_layout.h"
#include "units/payload_limit.h"
#include "units/workflows/cron.h"
#include "units/workflows/payload.h"
#include "units/workflows/retry_policy.h"

namespace trivium::units::workflows {
namespace {

// Looks an option up under its primary spelling and its alias, primary first, own options before
// defaults; remembers the first error.
class Reader {
 public:
  Reader(std::string_view prefix, const Object& own, const Object* defaults)
      : prefix_(prefix), own_(own), defaults_(defaults) {}

  const std::optional<Error>& error() const { return error_; }

  const Value* find(std::string_view key, std::string_view alias = {}) {
    if (own_.empty() && (defaults_ == nullptr || defaults_->empty())) return nullptr;  // most have none
    name_ = prefix_ + std::string(key);
    for (const Object* options : {&own_, defaults_}) {
      if (options == nullptr || options->empty()) continue;
      for (const std::string& name :
           {name_, "temporal." + name_, "temporal." + prefix_ + std::string(alias.empty() ? key : alias)}) {
        const Value* value = options->find(name);
        if (value != nullptr && !value->is_nil()) return value;
      }
    }
    return nullptr;
  }

  void text(std::string_view key, std::string& out, bool may_be_empty = false, std::string_view alias = {}) {
    const Value* value = find(key, alias);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong("a string", *value);
    if (value->as_string().empty() && !may_be_empty) return refuse(name_ + " must be a non-empty string");
    if (value->as_string().size() > max_payload_bytes) {
      return refuse(name_ + " is longer than " + std::to_string(max_payload_bytes) + " bytes");
    }
    out = value->as_string();
  }
  void duration(std::string_view key, Duration& out) {
    const Value* value = find(key);
    if (value == nullptr) return;
    const Result<Duration> parsed = duration_option(name_, *value);
    if (!parsed) return refuse(parsed.error().message);
    if (parsed->count() < 0) return refuse(name_ + " must not be negative");
    out = *parsed;
  }
  void flag(std::string_view key, std::optional<bool>& out) {
    const Value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_bool()) return wrong("a boolean", *value);
    out = value->as_bool();
  }
  void retry(std::string_view key, Value& out) {
    const Value* value = find(key);
    if (value == nullptr) return;
    Result<Value> parsed = parse_retry_policy(name_, *value);
    if (!parsed) return refuse(parsed.error().message);
    out = std::move(*parsed);
  }
  const Object* table(std::string_view key, std::string_view alias = {}) {
    static const Object none;
    const Value* value = find(key, alias);
    if (value == nullptr) return nullptr;
    if (value->is_array() && value->as_array().empty()) return &none;
    if (value->is_object()) return &value->as_object();
    wrong("a table", *value);
    return nullptr;
  }
  // The position of the value among `names`, by name (any case, '-' for '_', with or without the proto
  // prefix) or by number.
  template <class Enum, size_t count>
  void choice(std::string_view key, std::string_view proto,
              const std::array<std::pair<std::string_view, Enum>, count>& names, std::optional<Enum>& out) {
    const Value* value = find(key);
    if (value == nullptr) return;
    if (value->is_number()) {
      const double number = value->number();
      if (number >= 1 && number <= static_cast<double>(count) && number == std::trunc(number)) {
        out = names[static_cast<size_t>(number) - 1].second;
        return;
      }
      return refuse(name_ + " has no value " + json::encode(*value).value_or("?"));
    }
    if (!value->is_string()) return wrong("a string", *value);
    std::string name;
    for (const char c : value->as_string()) {
      name += c == '-' ? '_' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    if (name.starts_with(proto)) name.erase(0, proto.size());
    for (const auto& [known, meaning] : names) {
      if (known == name) {
        out = meaning;
        return;
      }
    }
    refuse(name_ + " has no value \"" + value->as_string() + "\"");
  }
  void refuse(std::string message) {
    if (!error_) error_ = Error::of(kind::invalid, std::move(message));
  }

 private:
  void wrong(std::string_view wanted, const Value& got) {
    refuse(name_ + " must be " + std::string(wanted) + ", got " + std::string(got.type_name()));
  }

  std::string prefix_;
  const Object& own_;
  const Object* defaults_;
  std::string name_;
  std::optional<Error> error_;
};

constexpr std::array<std::pair<std::string_view, ConflictPolicy>, 3> conflicts = {
    {{"fail", ConflictPolicy::fail},
     {"use_existing", ConflictPolicy::use_existing},
     {"terminate_existing", ConflictPolicy::terminate_existing}}};
constexpr std::array<std::pair<std::string_view, ReusePolicy>, 4> reuses = {
    {{"allow_duplicate", ReusePolicy::allow_duplicate},
     {"allow_duplicate_failed_only", ReusePolicy::failed_only},
     {"reject_duplicate", ReusePolicy::reject_duplicate},
     {"terminate_if_running", ReusePolicy::terminate_if_running}}};
constexpr std::array<std::pair<std::string_view, ParentClosePolicy>, 3> closes = {
    {{"terminate", ParentClosePolicy::terminate},
     {"abandon", ParentClosePolicy::abandon},
     {"request_cancel", ParentClosePolicy::request_cancel}}};

void read_attributes(Reader& in, StartOptions& out) {
  if (const Object* memo = in.table("memo")) {
    for (const auto& [key, value] : *memo) out.memo.set(key, json_payload(value));
  }
  const Object* search = in.table("search_attributes");
  if (search == nullptr) search = in.table("typed_search_attributes");
  if (search == nullptr) return;
  for (const auto& [key, value] : *search) {
    Result<Value> payload = search_attribute(key, value);
    if (!payload) return in.refuse(payload.error().message);
    out.search_attributes.set(key, std::move(*payload));
  }
}

}  // namespace

Result<Duration> duration_option(std::string_view name, const Value& value) {
  if (value.is_string()) {
    if (const auto parsed = parse_duration(value.as_string())) return *parsed;
    return fail(kind::invalid, std::string(name) + " is not a duration: \"" + value.as_string() + "\"");
  }
  if (value.is_int() && std::abs(value.as_int()) <= INT64_MAX / 1000000)
    return Duration(value.as_int() * 1000000);
  if (value.is_double() && std::fabs(value.as_double()) < 9e12) {
    return Duration(std::llround(value.as_double() * 1e6));
  }
  return fail(kind::invalid,
              std::string(name) + " must be a duration, got " + std::string(value.type_name()));
}

Result<StartOptions> parse_start_options(const Object& options) {
  StartOptions out;
  Reader in("workflow.", options, nullptr);
  in.text("id", out.id);
  in.text("task_queue", out.task_queue);
  in.choice("id_conflict_policy", "workflow_id_conflict_policy_", conflicts, out.conflict);
  std::optional<ReusePolicy> reuse;
  in.choice("id_reuse_policy", "workflow_id_reuse_policy_", reuses, reuse);
  out.reuse = reuse.value_or(ReusePolicy::allow_duplicate);
  in.choice("parent_close_policy", "parent_close_policy_", closes, out.parent_close);
  in.flag("execution_error_when_already_started", out.error_when_started);
  in.duration("execution_timeout", out.execution_timeout);
  in.duration("run_timeout", out.run_timeout);
  in.duration("task_timeout", out.task_timeout);
  in.duration("start_delay", out.start_delay);
  in.retry("retry_policy", out.retry_policy);
  in.text("cron_schedule", out.cron, true);
  if (!out.cron.empty()) {
    if (const Result<int64_t> next = next_cron_ns(out.cron, 0); !next) {
      in.refuse("workflow.cron_schedule: " + next.error().message);
    }
  }
  in.text("summary", out.summary, true, "static_summary");
  in.text("details", out.details, true, "static_details");
  read_attributes(in, out);
  if (in.error()) return fail(*in.error());
  return out;
}

Result<ActivityOptions> parse_activity_options(const Object& own, const Object& defaults) {
  ActivityOptions out;
  Reader in("activity.", own, &defaults);
  Duration start_to_close = std::chrono::minutes(10);
  Duration schedule_to_close{};
  Duration schedule_to_start{};
  Duration heartbeat{};
  Value retry;
  std::optional<bool> wait;
  std::optional<bool> local;
  std::optional<bool> no_eager;
  in.text("id", out.id);
  in.text("task_queue", out.task_queue);
  in.text("summary", out.summary, true);
  in.duration("start_to_close_timeout", start_to_close);
  in.duration("schedule_to_close_timeout", schedule_to_close);
  in.duration("schedule_to_start_timeout", schedule_to_start);
  in.duration("heartbeat_timeout", heartbeat);
  in.retry("retry_policy", retry);
  in.flag("wait_for_cancellation", wait);
  in.flag("disable_eager_execution", no_eager);
  in.flag("local", local);
  if (in.error()) return fail(*in.error());
  const auto add = [&](std::string_view name, Duration duration) {
    if (duration.count() > 0) out.attributes.set(name, duration.count());
  };
  add("start_to_close_timeout", start_to_close);
  add("schedule_to_close_timeout", schedule_to_close);
  add("schedule_to_start_timeout", schedule_to_start);
  add("heartbeat_timeout", heartbeat);
  if (!retry.is_nil()) out.attributes.set("retry_policy", std::move(retry));
  out.local = local.value_or(false);
  return out;
}

namespace {

// The text of {datetime = text}, the form in which times come; null for anything else.
const Value* datetime_text(const Value& value) {
  if (!value.is_object() || value.as_object().size() != 1) return nullptr;
  const Value* text = value.find("datetime");
  return text != nullptr && text->is_string() ? text : nullptr;
}

Result<Value> datetime_attribute(std::string_view key, const std::string& text) {
  const Result<TimePoint> time = parse_time(layout::rfc3339_nano, text, Zone::utc());
  if (!time) {
    return fail(kind::invalid, "search attribute \"" + std::string(key) + "\": \"" + text +
                                   "\" is no time as in 2026-01-31T09:00:00Z (RFC 3339)");
  }
  Value payload = json_payload(format_time(time->in(Zone::utc()), layout::rfc3339_nano));
  payload.as_object().set("type", "Datetime");
  return payload;
}

}  // namespace

Result<Value> search_attribute(std::string_view key, const Value& value) {
  if (key == "TemporalChangeVersion") {
    return fail(kind::invalid, "search attribute \"TemporalChangeVersion\" is reserved");
  }
  if (const Value* time = datetime_text(value)) return datetime_attribute(key, time->as_string());
  if (value.is_double() && !std::isfinite(value.as_double())) {
    return fail(kind::invalid, "search attribute \"" + std::string(key) + "\" must be a finite number, got " +
                                   (std::isnan(value.as_double()) ? "NaN" : "infinity"));
  }
  std::string_view type;
  if (value.is_string()) {
    type = "Keyword";
  } else if (value.is_bool()) {
    type = "Bool";
  } else if (value.is_number()) {
    type = value.number() == std::trunc(value.number()) ? "Int" : "Double";
  } else if (value.is_array()) {
    type = "KeywordList";
    for (const Value& element : value.as_array()) {
      if (!element.is_string()) type = {};
    }
  }
  if (type.empty()) {
    return fail(kind::invalid, "search attribute \"" + std::string(key) + "\": unsupported value type " +
                                   std::string(value.type_name()));
  }
  Value payload = json_payload(value);
  payload.as_object().set("type", type);
  return payload;
}

}  // namespace trivium::units::workflows
