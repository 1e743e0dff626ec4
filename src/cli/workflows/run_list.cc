#include "cli/workflows/run_list.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "app/similar.h"
#include "cli/json_text.h"
#include "cli/workflows/run_text.h"
#include "core/clock.h"
#include "core/time_layout.h"

namespace trivium::cli {
namespace {

using units::workflows::RunFilter;
using units::workflows::RunRow;
using units::workflows::RunStatus;

struct NamedStatus {
  std::string_view name;
  RunStatus status;
};
constexpr std::array<NamedStatus, 7> statuses{{{"running", RunStatus::running},
                                               {"completed", RunStatus::completed},
                                               {"failed", RunStatus::failed},
                                               {"canceled", RunStatus::canceled},
                                               {"terminated", RunStatus::terminated},
                                               {"continued", RunStatus::continued_as_new},
                                               {"timedout", RunStatus::timed_out}}};

Result<> read_status(const std::string& text, RunFilter& filter) {
  if (text.empty()) return {};
  if (text == "parked") {
    filter.parked = true;
    return {};
  }
  if (text == "old") return {};  // the rows tell
  std::vector<std::string> names{"parked", "old"};
  for (const NamedStatus& known : statuses) {
    if (known.name == text) {
      filter.status = known.status;
      return {};
    }
    names.emplace_back(known.name);
  }
  std::string message = "--status has no value \"" + text + "\"";
  if (const std::string hint = app::did_you_mean(text, names); !hint.empty()) message += ": " + hint;
  return fail(kind::invalid, message);
}

// A duration before now, or a date with or without a time.
Result<int64_t> read_time(const std::string& flag, const std::string& text) {
  if (text.empty()) return 0;
  if (const auto ago = parse_duration(text)) return system_clock().wall_ns() - ago->count();
  for (const std::string_view known : {layout::rfc3339_nano, layout::date_time, layout::date_only}) {
    const Result<TimePoint> time = parse_time(known, text, Zone::local());
    if (time) return time->unix_seconds() * 1000000000 + time->nanosecond();
  }
  return fail(
      kind::invalid,
      flag + " is neither a duration (2h) nor a time (2026-01-31, 2026-01-31 09:00:00): \"" + text + "\"");
}

struct Wanted {
  std::string name;
  std::string value;
};

Result<std::vector<Wanted>> read_attributes(const std::vector<std::string>& texts) {
  std::vector<Wanted> wanted;
  for (const std::string& text : texts) {
    const size_t at = text.find('=');
    if (at == std::string::npos || at == 0) {
      return fail(kind::invalid, "--attr takes NAME=VALUE, not \"" + text + "\"");
    }
    wanted.push_back({text.substr(0, at), text.substr(at + 1)});
  }
  return wanted;
}

bool means(const Value& value, const std::string& text) {
  if (value.is_array()) {
    return std::any_of(value.as_array().begin(), value.as_array().end(),
                       [&](const Value& element) { return means(element, text); });
  }
  if (value.is_string()) return value.as_string() == text;
  std::string shown;
  append_json(shown, value, JsonSpacing::none);
  return shown == text;
}

bool has_attributes(const RunRow& run, const std::vector<Wanted>& wanted) {
  if (wanted.empty()) return true;
  const Object attributes = plain_fields(run.search_attributes);
  return std::all_of(wanted.begin(), wanted.end(), [&](const Wanted& one) {
    const Value* value = attributes.find(one.name);
    return value != nullptr && means(*value, one.value);
  });
}

}  // namespace

Result<std::vector<ListedRun>> list_runs(std::vector<WorkflowStore>& stores, const WorkflowRequest& request,
                                         size_t limit) {
  RunFilter filter;
  filter.type = request.type;
  if (Result<> read = read_status(request.status, filter); !read) return fail(std::move(read.error()));
  const auto since = read_time("--since", request.since);
  if (!since) return fail(since.error());
  const auto until = read_time("--until", request.until);
  if (!until) return fail(until.error());
  filter.started_from_ns = *since;
  filter.started_before_ns = *until;
  const auto wanted = read_attributes(request.attributes);
  if (!wanted) return fail(wanted.error());
  const bool old = request.status == "old";
  std::vector<ListedRun> all;
  for (WorkflowStore& store : stores) {
    auto runs = store.open->list(filter, limit, [&](const RunRow& run) {
      return (!old || state_of(run) == "Old code") && has_attributes(run, *wanted);
    });
    if (!runs) return fail(std::move(runs.error()));
    for (RunRow& run : *runs) all.push_back({std::move(run), store.id, &store});
  }
  std::stable_sort(all.begin(), all.end(), [](const ListedRun& a, const ListedRun& b) {
    return a.run.started_ns > b.run.started_ns;
  });
  return all;
}

}  // namespace trivium::cli
