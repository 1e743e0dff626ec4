// ps, tree, reload and host workers: what a running application says about itself.
#include <algorithm>
#include <array>

#include "cli/commands/commands.h"
#include "cli/control/client.h"
#include "cli/json_text.h"

namespace trivium::cli {
namespace {

std::string text_of(const Value& map, std::string_view key) {
  const Value* found = map.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string();
}

int64_t number_of(const Value& map, std::string_view key) {
  const Value* found = map.find(key);
  return found != nullptr && found->is_int() ? found->as_int() : 0;
}

const Array& list_of(const Value& map, std::string_view key) {
  static const Array none;
  const Value* found = map.find(key);
  return found != nullptr && found->is_array() ? found->as_array() : none;
}

std::string bytes(int64_t count) {
  if (count < 10'000) return std::to_string(count) + "B";
  if (count < 10'000'000) return std::to_string(count >> 10) + "KB";
  return std::to_string(count >> 20) + "MB";
}

std::string age(int64_t ms) {
  const int64_t seconds = ms / 1000;
  if (seconds < 1) return std::to_string(ms) + "ms";
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m" + std::to_string(seconds % 60) + "s";
  return std::to_string(seconds / 3600) + "h" + std::to_string(seconds / 60 % 60) + "m";
}

// Columns as wide as they need be, the last one ragged.
using Row = std::vector<std::string>;
void print_table(const std::vector<Row>& rows, std::string& out) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
}

std::string number(const Value& map, std::string_view key) { return std::to_string(number_of(map, key)); }

void print_hosts(const Value& result, std::string& out) {
  std::vector<Row> rows{{"HOST", "KIND", "WORKERS", "PROCESSES"}};
  for (const Value& host : list_of(result, "hosts")) {
    rows.push_back(
        {text_of(host, "id"), text_of(host, "kind"), number(host, "workers"), number(host, "processes")});
  }
  print_table(rows, out);
}

void print_processes(const Value& result, std::string& out) {
  std::vector<Row> rows{
      {"PID", "ENTRY", "STATE", "MAILBOX", "MEMORY", "AGE", "RESTARTS", "LINKS", "MONITORS", "NAMES"}};
  for (const Value& process : list_of(result, "processes")) {
    std::string names;
    for (const Value& name : list_of(process, "names"))
      names += (names.empty() ? "" : ", ") + name.as_string();
    rows.push_back({text_of(process, "pid"), text_of(process, "entry"), text_of(process, "state"),
                    number(process, "mailbox"), bytes(number_of(process, "memory")),
                    age(number_of(process, "age_ms")), number(process, "restarts"), number(process, "links"),
                    number(process, "monitors"), names});
  }
  print_table(rows, out);
}

void print_functions(const Value& result, std::string& out) {
  std::vector<Row> rows{{"FUNCTION", "WORKERS", "ACTIVE", "WAITING"}};
  for (const Value& pool : list_of(result, "functions")) {
    rows.push_back(
        {text_of(pool, "id"), number(pool, "workers"), number(pool, "active"), number(pool, "waiting")});
  }
  print_table(rows, out);
}

void print_workflows(const Value& result, std::string& out) {
  std::vector<Row> rows{{"WORKFLOW WORKER", "IN MEMORY", "INSTANCES"}};
  for (const Value& worker : list_of(result, "workflows")) {
    rows.push_back({text_of(worker, "worker"), number(worker, "runs"), number(worker, "instances")});
  }
  print_table(rows, out);
}

std::string restarts_text(int64_t restarts) {
  if (restarts == 0) return "";
  return restarts == 1 ? "  1 restart" : "  " + std::to_string(restarts) + " restarts";
}

void print_supervisor(const Value& supervisor, const std::string& indent, std::string& out);

void print_child(const Value& child, const std::string& indent, bool last, std::string& out) {
  const std::string id = text_of(child, "id");
  const Value* below = child.find("supervisor");
  out += indent + (last ? "└─ " : "├─ ") + id;
  if (below == nullptr) {
    out += "  " + text_of(child, "process");
    const std::string pid = text_of(child, "pid");
    if (!pid.empty()) out += "  " + pid;
  }
  out += "  " + text_of(child, "state");
  if (const std::string rule = text_of(child, "restart"); rule != "permanent") out += "  " + rule;
  out += restarts_text(number_of(child, "restarts"));
  if (const std::string error = text_of(child, "error"); !error.empty()) {
    out += "  (" + error.substr(0, error.find('\n')) + ")";
  }
  if (below == nullptr) {
    out += "\n";
    return;
  }
  const std::string strategy = text_of(*below, "strategy");
  if (!strategy.empty()) out += "  " + strategy;
  out += "\n";
  print_supervisor(*below, indent + (last ? "   " : "│  "), out);
}

void print_supervisor(const Value& supervisor, const std::string& indent, std::string& out) {
  const Array& children = list_of(supervisor, "children");
  for (size_t i = 0; i < children.size(); ++i) {
    print_child(children[i], indent, i + 1 == children.size(), out);
  }
}

void print_service(const Value& service, std::string& out) {
  out += text_of(service, "id") + "  " + text_of(service, "kind") + "  " + text_of(service, "state") +
         restarts_text(number_of(service, "restarts"));
  const Value* supervisor = service.find("supervisor");
  if (supervisor != nullptr) {
    out += "  " + text_of(*supervisor, "strategy") + ", at most " + number(*supervisor, "max_restarts") +
           " restarts in " + text_of(*supervisor, "period");
  }
  if (const std::string error = text_of(service, "error"); !error.empty()) {
    out += "  (" + error.substr(0, error.find('\n')) + ")";
  }
  out += "\n";
  if (supervisor != nullptr) print_supervisor(*supervisor, "", out);
}

std::string json_line(const Value& value) {
  std::string text;
  append_json(text, value, JsonSpacing::none);
  return text + "\n";
}

}  // namespace

Result<int> show_processes(const ControlCommand& request, std::string& out) {
  const Result<Value> result = ask_runtime(request.directory, {"ps", {}});
  if (!result) return fail(result.error());
  if (request.json) {
    out += json_line(*result);
    return 0;
  }
  print_hosts(*result, out);
  out += "\n";
  print_processes(*result, out);
  if (!list_of(*result, "functions").empty()) {
    out += "\n";
    print_functions(*result, out);
  }
  if (!list_of(*result, "workflows").empty()) {
    out += "\n";
    print_workflows(*result, out);
  }
  return 0;
}

Result<int> show_tree(const ControlCommand& request, std::string& out) {
  const Result<Value> result = ask_runtime(request.directory, {"tree", {}});
  if (!result) return fail(result.error());
  if (request.json) {
    out += json_line(*result);
    return 0;
  }
  for (const Value& service : list_of(*result, "services")) print_service(service, out);
  return 0;
}

Result<int> reload_application(const ControlCommand& request, std::string& out) {
  const Result<Value> result = ask_runtime(request.directory, {"reload", {}});
  if (!result) return fail(result.error());
  if (request.json) {
    out += json_line(*result);
    return 0;
  }
  bool any = false;
  for (const char* what : {"created", "updated", "deleted"}) {
    for (const Value& id : list_of(*result, what)) {
      out += std::string(what) + "  " + id.as_string() + "\n";
      any = true;
    }
  }
  if (!any) out += "nothing changed\n";
  return 0;
}

Result<int> set_host_workers(const HostWorkersRequest& request, std::string& out) {
  const Result<Value> result =
      ask_runtime(request.control.directory,
                  {"host.workers", Object{{"host", request.host}, {"workers", request.workers}}});
  if (!result) return fail(result.error());
  if (request.control.json) {
    out += json_line(*result);
  } else {
    out += request.host + ": " + number(*result, "workers") + " workers, " + number(*result, "threads") +
           " threads in all\n";
  }
  return 0;
}

}  // namespace trivium::cli
