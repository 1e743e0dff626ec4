#include "cli/workflows/timeline.h"

#include <algorithm>
#include <unordered_map>

#include "cli/table.h"
#include "cli/workflows/run_text.h"
#include "core/json.h"

namespace trivium::cli {
namespace {

// Why something could not be done, in place of the name that histories give it.
std::string reason_of(const std::string& cause) {
  if (cause == "WORKFLOW_ALREADY_EXISTS") return "a workflow with this id is open";
  if (cause == "EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND") return "no open workflow has this id";
  return cause;
}

using units::workflows::ActivityRow;
using units::workflows::Event;
using units::workflows::EventType;
using units::workflows::integer_at;
using units::workflows::PendingWork;
using units::workflows::text_at;
using units::workflows::value_at;

// --- from events to steps ---------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(std::vector<Step>& steps) : steps_(steps) {}

  void read(const Event& event) {
    const Object& attributes = event.attributes;
    switch (event.type) {
      case EventType::execution_started:
        return moment(event, "start", text_at(attributes, "workflow_type.name"), attributes.find("input"));
      case EventType::activity_scheduled:
        return open(event, "activity", text_at(attributes, "activity_type.name"), attributes.find("input"));
      case EventType::activity_started:
        if (Step* step = find(integer_at(attributes, "scheduled_event_id"))) {
          step->attempts = std::max<int64_t>(1, integer_at(attributes, "attempt"));
        }
        return;
      case EventType::timer_started:
        return open(event, "timer", brief(integer_at(attributes, "start_to_fire_timeout")), nullptr);
      case EventType::child_initiated:
        return open(event, "workflow", text_at(attributes, "workflow_type.name"), attributes.find("input"));
      case EventType::signal_external_initiated:
        return open(event, "send",
                    std::string(text_at(attributes, "signal_name")) + " to " +
                        std::string(text_at(attributes, "workflow_execution.workflow_id")),
                    attributes.find("input"));
      case EventType::cancel_external_initiated:
        return open(event, "cancel", text_at(attributes, "workflow_execution.workflow_id"), nullptr);
      case EventType::execution_signaled:
        return moment(event, "message", text_at(attributes, "signal_name"), attributes.find("input"));
      case EventType::execution_cancel_requested:
        return moment(event, "cancel asked", text_at(attributes, "cause"), nullptr);
      case EventType::update_accepted:
        return open(event, "update", text_at(attributes, "accepted_request.input.name"),
                    value_at(attributes, "accepted_request.input.args"));
      case EventType::update_completed:
        return close(event, find(integer_at(attributes, "accepted_event_id")));
      case EventType::marker_recorded:
        return marker(event);
      case EventType::search_attributes_upserted:
        if (value_at(attributes, "search_attributes.TemporalChangeVersion") != nullptr) return;
        return moment(event, "attributes", fields(attributes.find("search_attributes")), nullptr);
      case EventType::properties_modified:
        return moment(event, "memo", fields(attributes.find("upserted_memo")), nullptr);
      default:
        if (is_close_event(event.type)) return end(event);
        if (const auto answer = answer_of(event); answer && answer->last) close(event, find(answer->to));
    }
  }

 private:
  static std::string fields(const Value* payloads) {
    std::string names;
    if (payloads == nullptr || !payloads->is_object()) return names;
    for (const auto& [name, payload] : payloads->as_object()) names += (names.empty() ? "" : ", ") + name;
    return names;
  }

  Step& add(const Event& event, std::string_view kind, std::string_view text, const Value* input) {
    Step& step = steps_.emplace_back();
    step.event_id = event.id;
    step.start_ns = event.time_ns;
    step.kind = kind;
    step.text = text;
    step.arguments = plain_payloads(input);
    if (kind != "recorded") step.summary = text_at(event.attributes, "summary");
    return step;
  }
  void open(const Event& event, std::string_view kind, std::string_view text, const Value* input) {
    add(event, kind, text, input);
    index_[event.id] = steps_.size() - 1;
  }
  void moment(const Event& event, std::string_view kind, std::string_view text, const Value* input) {
    Step& step = add(event, kind, text, input);
    step.end_ns = step.start_ns;
  }
  Step* find(int64_t event_id) {
    const auto at = index_.find(event_id);
    return at != index_.end() ? &steps_[at->second] : nullptr;
  }

  static void close(const Event& event, Step* step) {
    if (step == nullptr) return;
    step->end_ns = event.time_ns;
    const bool update = event.type == EventType::update_completed;
    Array result = plain_payloads(value_at(event.attributes, update ? "outcome.success" : "result"));
    if (!result.empty()) step->outcome = std::move(result.front());
    if (const Value* failure = value_at(event.attributes, update ? "outcome.failure" : "failure")) {
      step->failure = failure_line(failure);
    } else if (const Value* cause = event.attributes.find("cause")) {
      step->failure = cause->is_string() ? reason_of(cause->as_string()) : "";
    }
    step->failed = !step->failure.empty();
    switch (event.type) {
      case EventType::activity_canceled:
      case EventType::child_canceled:
        step->failure = "canceled";
        break;
      case EventType::child_timed_out:
        step->failure = "timed out";
        break;
      case EventType::child_terminated:
        step->failure = "terminated";
        break;
      default:
        return;
    }
    step->failed = true;
  }

  // A message to a local process and the like are recorded values, too.
  void marker(const Event& event) {
    const std::string_view name = text_at(event.attributes, "marker_name");
    const Value* details = event.attributes.find("details");
    const auto first = [&](std::string_view key) {
      Array values = plain_payloads(details != nullptr ? details->find(key) : nullptr);
      return values.empty() ? Value() : std::move(values.front());
    };
    if (name == "Version") {
      const Value change = first("change-id");
      moment(event, "version",
             (change.is_string() ? change.as_string() : "?") + " = " + brief_values({first("version")}),
             nullptr);
      return;
    }
    const std::string_view summary = text_at(event.attributes, "summary");
    Step& step = add(event, "recorded", summary == "workflow.sideEffect" ? "value" : summary, nullptr);
    step.end_ns = step.start_ns;
    step.outcome = first("data");
  }

  void end(const Event& event) {
    for (Step& step : steps_) {
      if (step.end_ns != 0) continue;
      step.end_ns = event.time_ns;
      step.abandoned = true;
    }
    const std::string_view name = event_name(event.type);
    std::string kind(name.substr(std::string_view("WorkflowExecution").size()));
    Step& step = add(event, "end", kind, nullptr);
    step.end_ns = step.start_ns;
    Array result = plain_payloads(event.attributes.find("result"));
    if (!result.empty()) step.outcome = std::move(result.front());
    if (const Value* failure = event.attributes.find("failure")) step.failure = failure_line(failure);
    if (step.failure.empty()) step.failure = text_at(event.attributes, "reason");
    step.failed =
        event.type != EventType::execution_completed && event.type != EventType::execution_continued_as_new;
  }

  std::vector<Step>& steps_;
  std::unordered_map<int64_t, size_t> index_;
};

// --- from steps to text -----------------------------------------------------------------------------

constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view cyan = "\x1b[36m";
constexpr std::string_view plain = "\x1b[0m";

std::string bar(const Step& step, int64_t from_ns, int64_t to_ns, size_t width, int64_t now_ns) {
  const int64_t total = std::max<int64_t>(1, to_ns - from_ns);
  const auto place = [&](int64_t at_ns) {
    const double share = static_cast<double>(at_ns - from_ns) / static_cast<double>(total);
    return static_cast<size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width - 1));
  };
  const size_t begin = place(step.start_ns);
  std::string text(begin, ' ');
  if (step.end_ns == step.start_ns && step.attempts == 0 && !step.abandoned) return text + "◆";
  const size_t end = place(step.end_ns != 0 ? step.end_ns : now_ns);
  const bool complete = step.end_ns != 0 && !step.abandoned;
  for (size_t i = begin; i <= end; ++i) text += complete ? "━" : "╌";
  return text;
}

std::string note(const Step& step) {
  std::string text;
  if (step.attempts > 1) text = std::to_string(step.attempts) + " attempts";
  const auto add = [&text](const std::string& more) {
    if (!more.empty()) text += (text.empty() ? "" : ", ") + more;
  };
  if (step.end_ns == 0) add("open");
  if (step.abandoned) add("abandoned");
  if (!step.failure.empty()) {
    add(step.failure);
  } else if (!step.outcome.is_nil()) {
    add("→ " + brief_values({step.outcome}));
  }
  return text;
}

std::string_view color_of(const Step& step) {
  if (step.failed) return red;
  if (step.attempts > 1) return yellow;
  return step.end_ns == 0 ? cyan : std::string_view();
}

}  // namespace

std::vector<Step> steps_of(const std::vector<Event>& history, const PendingWork& pending) {
  std::vector<Step> steps;
  Reader reader(steps);
  for (const Event& event : history) reader.read(event);
  for (const ActivityRow& activity : pending.activities) {
    for (Step& step : steps) {
      if (step.event_id != activity.scheduled_event_id || step.end_ns != 0) continue;
      step.attempts = activity.attempt;
      const Value last = json::decode(activity.last_failure).value_or(Value());
      if (last.is_object()) step.failure = failure_line(&last);
    }
  }
  return steps;
}

std::string draw_timeline(const std::vector<Step>& steps, const TimelineStyle& style) {
  if (steps.empty()) return {};
  const int64_t from = steps.front().start_ns;
  int64_t to = from;
  size_t widest = 0;
  std::vector<std::string> names;
  names.reserve(steps.size());
  bool open = false;
  for (const Step& step : steps) {
    to = std::max({to, step.start_ns, step.end_ns});
    open = open || step.end_ns == 0;
    std::string name = padded_to(step.kind, 9) + " " + step.text;
    if (!step.arguments.empty()) name += "(" + brief_values(step.arguments) + ")";
    if (!step.summary.empty()) name += " · " + step.summary;
    names.push_back(one_line(name));
    widest = std::max(widest, width_of(names.back()));
  }
  if (open) to = std::max(to, style.now_ns);
  const size_t width = std::max<size_t>(style.width == 0 ? 120 : style.width, 60);
  const size_t name_width = std::min(widest, width * 4 / 10);
  const size_t bar_width = std::clamp<size_t>(width * 2 / 10, 10, 40);
  std::string out;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const bool lasts = step.end_ns != step.start_ns || step.abandoned;
    const int64_t end = step.end_ns != 0 ? step.end_ns : std::max(style.now_ns, step.start_ns);
    std::string line = padded_to("+" + brief(step.start_ns - from), 9) +
                       padded_to(cut_to(names[i], name_width), name_width + 2) +
                       padded_to(bar(step, from, to, bar_width, style.now_ns), bar_width + 2) +
                       padded_to(lasts ? brief(end - step.start_ns) : "", 8);
    const size_t used = width_of(line);
    const std::string text = one_line(note(step));
    line += style.width == 0 ? text : cut_to(text, used < width ? width - used : 0);
    line.erase(line.find_last_not_of(' ') + 1);
    const std::string_view color = style.color ? color_of(step) : std::string_view();
    out += color.empty() ? line : std::string(color) + line + std::string(plain);
    out += '\n';
  }
  return out;
}

Object step_json(const Step& step) {
  Object out{{"event_id", step.event_id},
             {"kind", step.kind},
             {"text", step.text},
             {"start", utc_time(step.start_ns)},
             {"end", step.end_ns != 0 ? Value(utc_time(step.end_ns)) : Value()}};
  if (step.end_ns > step.start_ns) out.set("duration_ns", step.end_ns - step.start_ns);
  if (!step.arguments.empty()) out.set("arguments", step.arguments);
  if (!step.summary.empty()) out.set("summary", step.summary);
  if (!step.outcome.is_nil()) out.set("outcome", step.outcome);
  if (step.attempts > 0) out.set("attempts", step.attempts);
  if (!step.failure.empty()) out.set("failure", step.failure);
  if (step.failed) out.set("failed", true);
  if (step.abandoned) out.set("abandoned", true);
  return out;
}

}  // namespace trivium::cli
