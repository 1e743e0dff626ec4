#include "cli/workflows/run_list.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "app/similar.h"
#include "cli/workflows/attribute_filter.h"
#include "cli/workflows/run_text.h"
#include "core/clock.h"

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
  if (const std::string hint = app::did_you_mean(text, names); !hint.empty()) {
    message += ": " + hint;
  } else {
    message += "; it has";
    for (const std::string& name : names) message += (name == names.front() ? " " : ", ") + name;
  }
  return fail(kind::invalid, message);
}

Result<int64_t> read_time(const std::string& flag, const std::string& text, int64_t now_ns) {
  if (text.empty()) return 0;
  Result<int64_t> time = time_of_text(text, now_ns);
  if (!time) return fail(kind::invalid, flag + " is " + time.error().message);
  return time;
}

}  // namespace

Result<std::vector<ListedRun>> list_runs(std::vector<WorkflowStore>& stores, const WorkflowRequest& request,
                                         size_t limit) {
  RunFilter filter;
  filter.type = request.type;
  if (Result<> read = read_status(request.status, filter); !read) return fail(std::move(read.error()));
  const int64_t now = system_clock().wall_ns();
  const auto since = read_time("--since", request.since, now);
  if (!since) return fail(since.error());
  const auto until = read_time("--until", request.until, now);
  if (!until) return fail(until.error());
  filter.started_from_ns = *since;
  filter.started_before_ns = *until;
  const auto wanted = AttributeFilter::read(request.attributes, now);
  if (!wanted) return fail(wanted.error());
  const bool old = request.status == "old";
  std::vector<ListedRun> all;
  for (WorkflowStore& store : stores) {
    auto runs = store.open->list(filter, limit, [&](const RunRow& run) {
      return (!old || state_of(run) == "Old code") && wanted->accepts(run);
    });
    if (!runs) return fail(std::move(runs.error()));
    for (RunRow& run : *runs) {
      const bool unserved = store.open->unserved(run);
      all.push_back({std::move(run), store.id, &store, unserved});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const ListedRun& a, const ListedRun& b) {
    return a.run.started_ns > b.run.started_ns;
  });
  return all;
}

}  // namespace trivium::cli
