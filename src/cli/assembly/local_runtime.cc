#include "cli/assembly/local_runtime.h"

#include <unistd.h>

#include <future>
#include <utility>

#include "app/application.h"
#include "app/config.h"
#include "cli/assembly/entries.h"
#include "cli/assembly/kinds.h"
#include "cli/assembly/modules.h"
#include "cli/assembly/supervisor_entry.h"
#include "cli/assembly/supervisor_service.h"
#include "cli/assembly/unit_services.h"
#include "cli/control/verbs.h"
#include "cli/exit_report.h"
#include "cli/memory_limit.h"
#include "services/contracts.h"
#include "services/env.h"
#include "units/supervision/supervisors.h"

namespace trivium::cli {
namespace {

// lua.memory_limit: ample for any handler, little beside what the machine has. One isolate gone wild must not
// take the runtime down with it.
constexpr std::string_view default_isolate_memory = "256MB";

std::optional<uint64_t> isolate_memory_limit(const app::Config& config) {
  const Value* set = config.find("lua", "memory_limit");
  if (set == nullptr) return parse_size(default_isolate_memory);
  if (set->is_int() && set->as_int() > 0) return static_cast<uint64_t>(set->as_int());
  return set->is_string() ? parse_size(set->as_string()) : std::nullopt;
}

// lua.total_memory; 0: the default. Nothing: it makes no sense.
std::optional<uint64_t> total_memory_limit(const app::Config& config) {
  const Value* set = config.find("lua", "total_memory");
  if (set == nullptr) return 0;
  std::optional<uint64_t> limit;
  if (set->is_string()) limit = parse_size(set->as_string());
  if (set->is_int() && set->as_int() > 0) limit = static_cast<uint64_t>(set->as_int());
  return limit == 0 ? std::nullopt : limit;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
}

// A host ends what is left itself when its time is over; that takes a moment more.
app::Lifecycle host_lifecycle(app::Lifecycle lifecycle) {
  lifecycle.stop_timeout += std::chrono::seconds(5);
  return lifecycle;
}

}  // namespace

FrameRef service_frame(const app::Lifecycle& lifecycle) {
  if (!lifecycle.security.present) return nullptr;
  auto frame = std::make_shared<Frame>();
  frame->actor =
      Actor{lifecycle.security.actor_id,
            lifecycle.security.actor_meta.is_object() ? lifecycle.security.actor_meta.as_object() : Object()};
  Array policies;
  for (const EntryId& policy : lifecycle.security.policies) policies.push_back(policy.text());
  if (!policies.empty()) frame->policies = std::move(policies);
  return frame;
}

LocalRuntime::LocalRuntime(RuntimeOptions options)
    : options_(std::move(options)),
      entries_(options_.registry->current()),
      dependencies_(std::make_shared<const app::Dependencies>(*entries_)),
      environment_(ambient_globals()),
      node_(
          {scheduler_, timers_, blocking_, system_clock(), system_random(), environment_, runtime_modules(),
           options_.log},
          {isolate_memory_limit(*options_.config).value_or(0), static_cast<unsigned>(system_random().next()),
           total_memory_limit(*options_.config).value_or(0), options_.memory_limit}),
      supervisor_({timers_, system_random(), options_.log.renamed("core"),
                   [this](const units::ServiceStatus& status) { publish_update(node_.events(), status); }}) {}

LocalRuntime::~LocalRuntime() {
  if (!down_) shut_down();
}

Result<> LocalRuntime::start() {
  constexpr uint64_t least = 64 << 10;  // an isolate does not even start with less
  if (isolate_memory_limit(*options_.config).value_or(0) < least) {
    return fail(kind::invalid, "lua.memory_limit must be a size of at least 64KB, such as 64MB");
  }
  if (!total_memory_limit(*options_.config))
    return fail(kind::invalid, "lua.total_memory must be a size, such as 4GB");
  app::Problems problems;
  node_.programs().compile(options_.application->lua, *entries_, problems);
  if (!problems.empty()) return fail(problems.to_error());
  scheduler_.start();
  if (Result<> created = create_entries(problems); !created) return created;
  if (!problems.empty()) return fail(problems.to_error());
  supervisor_.start_auto();
  if (!options_.one_process) open_control();
  return {};
}

// An application runs without it, too: where the folder is read-only, or runs already.
void LocalRuntime::open_control() {
  const ControlContext context{node_, supervisor_, *options_.registry, [this] { return reload(); }};
  control_loop_ = std::make_unique<sched::IoLoop>();
  auto opened = ControlServer::open(*control_loop_, control_socket,
                                    [context](const ControlRequest& request, const ControlReply& reply) {
                                      answer_control(context, request, reply);
                                    });
  if (opened) {
    control_ = std::move(*opened);
  } else {
    options_.log.debug("no control socket", {{"path", control_socket}, {"error", opened.error().message}});
  }
}

Result<> LocalRuntime::create_entries(app::Problems& problems) {
  const auto env = std::make_shared<services::Env>();
  env->apply(*entries_, problems);
  node_.set_service(env);
  node_.set_service(std::make_shared<services::Terminals>());
  node_.set_service(
      std::make_shared<units::GroupScopes>([registry = options_.registry](const std::string& id) {
        return registry->current()->find(EntryId::parse(id)) != nullptr;
      }));
  app::FieldContext context;
  context.variables = env->lookup();
  context.snapshot = entries_.get();
  const auto contracts = std::make_shared<services::Contracts>();
  contracts->apply(*entries_, context, problems);
  node_.set_service(contracts);

  for (const auto& [id, entry] : options_.application->lua.all()) {
    if (entry.kind == app::LuaKind::function) create_function(entry);
  }
  units::References references;
  for (const app::EntryPtr& entry : entries_->all()) references[entry->id] = dependencies_->of(*entry);
  supervisor_.set_references(std::move(references));
  for (const app::Entry* entry : dependencies_->creation_order()) {
    app::Fields fields(*entry, context, problems);
    if (entry->kind == "process.host") create_process_host(*entry, fields);
    if (entry->kind == "terminal.host") create_terminal_host(*entry, fields);
    if (entry->kind == "pg.scope") create_group_scope(*entry, fields);
    if (entry->kind == "process.service") create_process_service(*entry, fields);
  }
  create_supervisors(context, problems);
  if (!problems.empty()) return {};
  workflows_ = std::make_shared<Workflows>(node_, entries_);
  node_.set_service<units::WorkflowGateway>(workflows_);
  return workflows_->open(context, problems, options_.one_process);
}

void LocalRuntime::create_function(const app::LuaEntry& entry) {
  auto program = node_.programs().find(entry.id.text());
  if (!program) return;  // a mistake in it stopped the start before, or was skipped by --lenient
  const auto before = node_.functions().find(entry.id.text());
  auto pool = std::make_shared<units::FunctionPool>(entry.id.text(), std::move(*program), entry.pool,
                                                    entry.options, before ? before->generation() + 1 : 1);
  pool->make_workers(node_.isolate_options());
  node_.functions().add(std::move(pool));
}

void LocalRuntime::supervise(const app::Entry& entry, const app::Lifecycle& lifecycle,
                             std::shared_ptr<units::Service> service) {
  (void)supervisor_.add({entry.id, lifecycle, dependencies_->lifecycle_of(entry), std::move(service)});
}

void LocalRuntime::create_process_host(const app::Entry& entry, app::Fields& fields) {
  const ProcessHostEntry read = read_process_host(fields);
  units::ProcessHost::Options options;
  options.id = entry.id.text();
  options.workers = read.workers;
  options.stop_timeout = read.lifecycle.stop_timeout;
  const auto host = std::make_shared<units::ProcessHost>(node_, std::move(options));
  node_.add_host(entry.id.text(), host);
  supervise(entry, host_lifecycle(read.lifecycle), std::make_shared<HostService>(host));
}

void LocalRuntime::create_terminal_host(const app::Entry& entry, app::Fields& fields) {
  const TerminalHostEntry read = read_terminal_host(fields);
  units::ProcessHost::Options options;
  options.id = entry.id.text();
  options.workers = 1;
  options.terminal = true;
  options.stop_timeout = read.lifecycle.stop_timeout;
  options.on_terminal_exit = [this](units::Process&, units::Exit& exit) { terminal_ended(exit); };
  const auto host = std::make_shared<units::ProcessHost>(node_, std::move(options));
  node_.add_host(entry.id.text(), host);
  node_.service<services::Terminals>()->add(entry.id.text(), terminal_);
  if (read.hide_logs) hidden_ = options_.router->push(hidden_logs);
  supervise(entry, host_lifecycle(read.lifecycle), std::make_shared<HostService>(host));
}

void LocalRuntime::create_group_scope(const app::Entry& entry, app::Fields& fields) {
  const GroupScopeEntry read = read_group_scope(fields);
  const auto groups = std::make_shared<units::ProcessGroups>(read.options);
  node_.service<units::GroupScopes>()->add(entry.id.text(), groups);
  supervise(entry, read.lifecycle, std::make_shared<GroupScopeService>(groups));
}

void LocalRuntime::create_process_service(const app::Entry& entry, app::Fields& fields) {
  ProcessServiceEntry read = read_process_service(fields);
  const app::Lifecycle lifecycle = read.lifecycle;
  const auto service = std::make_shared<ProcessService>(node_, std::move(read), service_frame(lifecycle));
  process_services_[entry.id] = service;
  supervise(entry, lifecycle, service);
}

void LocalRuntime::create_supervisors(const app::FieldContext& context, app::Problems& problems) {
  const auto running = std::make_shared<units::Supervisors>();
  node_.set_service(running);
  const std::set<EntryId> below = supervised_supervisors(*entries_, problems);
  for (const app::Entry* entry : entries_->of_kind("process.supervisor")) {
    if (below.contains(entry->id)) continue;
    const SupervisorEntry read = read_supervisor(*entry, context, problems);
    running->declare(*read.spec);
    create_supervisor(*entry, read);
  }
}

void LocalRuntime::create_supervisor(const app::Entry& entry, const SupervisorEntry& read) {
  const auto service = std::make_shared<SupervisorService>(node_, read.spec, service_frame(read.lifecycle));
  supervisor_services_[entry.id] = service;
  supervise(entry, read.lifecycle, service);
}

// --- running one process ------------------------------------------------------------------------------

Result<> LocalRuntime::exec(const ExecRequest& request) {
  const std::string host_id = request.host.text();
  const auto host = std::dynamic_pointer_cast<units::ProcessHost>(node_.host(host_id));
  if (!host) return fail(kind::not_found, "host " + host_id + " not found");
  // Commands find their services up, unless those take unreasonably long to start.
  constexpr auto patience = std::chrono::seconds(5);
  const auto settled = std::make_shared<std::promise<void>>();
  supervisor_.on_first_attempts_settled([settled] { settled->set_value(); });
  settled->get_future().wait_for(patience);
  const auto started = std::make_shared<std::promise<Result<>>>();
  supervisor_.start(request.host, [started](Result<> done) { started->set_value(std::move(done)); });
  std::future<Result<>> running = started->get_future();
  if (running.wait_for(patience) != std::future_status::ready) {
    return fail(kind::timeout, "timeout waiting for host " + host_id + " to start");
  }
  if (Result<> done = running.get(); !done) return done;

  units::SpawnRequest spawn;
  spawn.id = request.process.text();
  for (const std::string& argument : request.args) append(spawn.arguments, Value(argument));
  const auto spawned = std::make_shared<std::optional<Result<std::string>>>();
  units::ProcessHost::Spawning spawning =
      host->spawn(std::move(spawn), nullptr, [this, spawned](Result<std::string> pid) {
        const std::lock_guard lock(mutex_);
        *spawned = std::move(pid);
        changed_.notify_all();
      });
  std::unique_lock lock(mutex_);
  if (spawning.settled) *spawned = std::move(spawning.settled);
  changed_.wait(lock, [&] { return spawned->has_value() || shutdown_requested_; });
  if (spawned->has_value() && !**spawned) return fail((*spawned)->error());
  return {};
}

// The first one decides; others are ended by the shutdown that follows.
void LocalRuntime::terminal_ended(units::Exit& exit) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(terminal_ended_, true)) return;
  }
  TerminalResult result;
  result.value = first_value(exit.values);
  if (exit.error) result.failure = exit.error->message;
  const ExitReport report = exit_report(result);
  terminal_->mode().restore();
  write_all(STDOUT_FILENO, report.out);
  write_all(STDERR_FILENO, report.err);
  request_shutdown(report.status);
}

// --- the end ------------------------------------------------------------------------------------------

void LocalRuntime::signal(int) {
  // Wrappers send a signal to the program and to its group: the same request, heard twice.
  constexpr int64_t echo_ns = 200'000'000;
  const int64_t now = system_clock().monotonic_ns();
  std::optional<int64_t> first;
  {
    const std::lock_guard lock(mutex_);
    first = first_signal_ns_;
    if (!first) first_signal_ns_ = now;
  }
  if (first && now - *first < echo_ns) return;
  if (first) {
    options_.log.error("force exit");
    terminal_->mode().restore();
    ::_exit(1);
  }
  options_.log.info("received shutdown signal");
  options_.log.info("shutting down (press Ctrl+C again to force exit)");
  request_shutdown(0);
}

void LocalRuntime::request_shutdown(int status) {
  const std::lock_guard lock(mutex_);
  shutdown_requested_ = true;
  status_ = status;
  changed_.notify_all();
}

int LocalRuntime::wait() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return shutdown_requested_; });
  }
  shut_down();
  options_.log.info("stopped");
  const std::lock_guard lock(mutex_);
  return status_;
}

void LocalRuntime::shut_down() {
  down_ = true;
  control_.reset();
  terminal_->end_input();  // whoever waits for a line hears of the end, too
  const Duration timeout = options_.config->duration("shutdown", "timeout", std::chrono::seconds(30));
  const auto stopped = std::make_shared<std::promise<Result<>>>();
  supervisor_.stop_all(timeout, [stopped](Result<> done) { stopped->set_value(std::move(done)); });
  if (Result<> done = stopped->get_future().get(); !done) {
    options_.log.error("not everything stopped in order", {{"error", done.error().message}});
  }
  if (workflows_) workflows_->stop();
  terminal_->close();
  if (control_loop_) control_loop_->stop();
  scheduler_.stop();
  timers_.stop();
  if (workflows_) workflows_->abandon();
  blocking_.shutdown();
}

std::unique_ptr<Runtime> make_runtime(RuntimeOptions options) {
  return std::make_unique<LocalRuntime>(std::move(options));
}

}  // namespace trivium::cli
