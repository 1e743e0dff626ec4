#include "cli/assembly/workflows.h"

#include <algorithm>
#include <filesystem>
#include <future>

#include "app/files.h"
#include "app/meta.h"
#include "cli/assembly/entries.h"
#include "units/commands/reply.h"
#include "units/pid.h"
#include "units/workflows/postgres/listener.h"
#include "units/workflows/postgres/postgres_store.h"
#include "units/workflows/sqlite/sqlite_store.h"
#include "units/workflows/store/store_thread.h"

namespace trivium::cli {
namespace {

constexpr const char* default_worker = "trivium:workflow_worker";

// Stands where a worker would be whose store another runtime holds: says why nothing works.
class UnavailableHost final : public units::SpawnTarget {
 public:
  explicit UnavailableHost(Error why) : why_(std::move(why)) {}
  lua::Dispatch spawn(units::Process&, lua::OpId, units::Spawn&, lua::Reply& reply) override {
    return refuse(reply);
  }
  lua::Dispatch exec(units::Process&, lua::OpId, units::Exec&, lua::Reply& reply) override {
    return refuse(reply);
  }
  lua::Dispatch send(units::Process&, lua::OpId, units::Send&, lua::Reply& reply) override {
    return refuse(reply);
  }
  lua::Dispatch control(units::Process&, lua::OpId, units::Control&, lua::Reply& reply) override {
    return refuse(reply);
  }
  Result<> takes_messages(std::string_view) const override { return fail(why_); }

 private:
  lua::Dispatch refuse(lua::Reply& reply) const { return units::refuse(reply, why_); }

  Error why_;
};

// Either kind of store.
Result<std::unique_ptr<units::workflows::Store>> open_store(const WorkflowStoreEntry& entry) {
  const auto as_store = [](auto opened) -> Result<std::unique_ptr<units::workflows::Store>> {
    if (!opened) return fail(std::move(opened.error()));
    return std::unique_ptr<units::workflows::Store>(std::move(*opened));
  };
  if (entry.postgres) return as_store(units::workflows::PostgresStore::open(*entry.postgres));
  return as_store(units::workflows::SqliteStore::open({.file = entry.file}));
}

// What looks at a database beside the store that writes to it.
std::vector<std::unique_ptr<units::workflows::StoreQueue>> make_readers(const WorkflowStoreEntry& entry) {
  std::vector<std::unique_ptr<units::workflows::StoreQueue>> readers;
  if (!entry.postgres) return readers;
  units::workflows::PostgresOptions options = *entry.postgres;
  options.migrate = false;
  for (int64_t i = 1; i < options.pool_size; ++i) {
    readers.push_back(std::make_unique<units::workflows::StoreThread>(
        units::workflows::PostgresStore::open_later(options)));
  }
  return readers;
}

}  // namespace

struct Workflows::Worker {
  Worker(units::Node& node, const app::SnapshotPtr& entries, const std::string& id, bool takes_all,
         const std::string& unbound)
      : programs(node.programs(), entries, id, takes_all, unbound) {}

  EntryPrograms programs;
  std::shared_ptr<units::workflows::Service> service;
  std::shared_ptr<WorkflowHostAdapter> host;
  std::unique_ptr<units::workflows::PostgresListener> listener;  // ends before the service
};

Workflows::Workflows(units::Node& node, app::SnapshotPtr entries)
    : node_(node), entries_(std::move(entries)), activities_(node), processes_(node) {}

Workflows::~Workflows() = default;

// One workflow.worker with its provider.
struct Workflows::Declared {
  std::string id;
  std::string provider;
  WorkflowStoreEntry store;
  units::workflows::ServiceOptions options;
};

std::vector<Workflows::Declared> Workflows::declared(const app::FieldContext& context,
                                                     app::Problems& problems) const {
  std::vector<Declared> workers;
  std::map<std::string, std::string> worker_of_store;
  std::map<std::string, std::map<std::string, std::string>> queues;  // of workers, by provider
  for (const app::Entry* entry : entries_->of_kind("workflow.worker")) {
    app::Fields fields(*entry, context, problems);
    const WorkflowWorkerEntry worker = read_workflow_worker(fields);
    const app::Entry* provider = entries_->find(worker.provider);
    if (!fields.ok() || provider == nullptr) continue;
    app::Fields provider_fields(*provider, context, problems);
    WorkflowStoreEntry store = provider->kind == "workflow.postgres" ? read_workflow_postgres(provider_fields)
                                                                     : read_workflow_store(provider_fields);
    if (!provider_fields.ok()) continue;
    // Workers of a database are to each other what runtimes on it are; a file has one.
    const std::string queue = worker.task_queue.empty() ? entry->id.text() : worker.task_queue;
    const std::string served = store.postgres ? worker.provider.text() + " task queue " + queue
                                              : "the file " + app::absolute_path(store.file);
    if (const auto [other, fresh] = worker_of_store.try_emplace(served, entry->id.text()); !fresh) {
      fields.problem(store.postgres ? "task_queue" : "provider",
                     served + " is served by " + other->second + " already",
                     store.postgres ? "give each worker a task queue of its own"
                                    : "declare a workflow.sqlite entry with another file for each worker");
      continue;
    }
    units::workflows::ServiceOptions options;
    options.task_queue = worker.task_queue;
    options.cached_instances = worker.cached_instances;
    options.log_in_replay = worker.log_in_replay;
    options.retention = store.retention;
    options.most_activities = worker.most_activities;
    options.most_tasks = worker.most_tasks;
    options.activities_per_second = worker.activities_per_second;
    options.stop_timeout = worker.stop_timeout;
    if (worker.heartbeat_interval.count() > 0) options.heartbeat_interval = worker.heartbeat_interval;
    if (worker.longest_heartbeat_interval.count() > 0) {
      options.longest_heartbeat_interval = worker.longest_heartbeat_interval;
    }
    queues[worker.provider.text()][entry->id.text()] = queue;
    workers.push_back({entry->id.text(), worker.provider.text(), std::move(store), std::move(options)});
  }
  for (Declared& worker : workers) worker.options.queues = queues[worker.provider];
  return workers;
}

// A history could mean either of two workflows that share a name.
void Workflows::check_types(app::Problems& problems) const {
  std::map<std::pair<std::string, std::string>, const app::Entry*> taken;  // by worker and type
  for (const app::Entry* entry : entries_->of_kind("workflow.lua")) {
    const std::string type = workflow_type(*entry);
    const auto [at, fresh] = taken.try_emplace({worker_of_.at(entry->id.text()), type}, entry);
    if (fresh) continue;
    // The one that says so is at fault, not the one whose id it is.
    const bool renamed = entry->id.text() != type;
    const app::Entry* const at_fault = renamed ? entry : at->second;
    const app::Entry* const other = renamed ? at->second : entry;
    problems.add(at_fault->problem("meta.workflow.name",
                                   "\"" + type + "\" is the name of " + other->id.text() + " (" +
                                       other->place("meta.workflow.name").text() + ") already",
                                   "give each workflow of a worker a name of its own"));
  }
}

Result<> Workflows::open(const app::FieldContext& context, app::Problems& problems, bool tolerant) {
  const std::vector<Declared> workers = declared(context, problems);
  // A worker declared on the default file is the default worker: a file has only one.
  const auto declared_default = std::find_if(
      workers.begin(), workers.end(), [](const Declared& worker) { return worker.store.is_default(); });
  unbound_ = declared_default == workers.end() ? default_worker : declared_default->id;
  // Runs of an entry that is gone are not forgotten: they are told to be parked.
  std::error_code ignored;
  bool default_used = std::filesystem::exists(default_workflow_file, ignored);
  for (const app::Entry* entry : entries_->of_kind("workflow.lua")) {
    const std::optional<EntryId> bound = app::workflow_worker(*entry);
    worker_of_[entry->id.text()] = bound ? bound->text() : unbound_;
    default_used = default_used || !bound;
    if (bound && (entries_->find(*bound) == nullptr || entries_->find(*bound)->kind != "workflow.worker")) {
      problems.add(entry->problem("meta.workflow.worker", "no workflow.worker entry " + bound->text(),
                                  "leave it out to run on the built-in worker"));
    }
  }
  check_types(problems);
  if (!problems.empty()) return {};
  for (const Declared& worker : workers) {
    if (Result<> opened = open_worker(worker, worker.id == unbound_, tolerant); !opened) return opened;
  }
  if (!default_used || declared_default != workers.end()) return {};
  WorkflowStoreEntry store;
  store.file = default_workflow_file;
  return open_worker({default_worker, default_workflow_provider, std::move(store), {}}, true, tolerant);
}

void Workflows::add_host(const Declared& declared, const std::shared_ptr<units::SpawnTarget>& host) {
  node_.add_host(declared.id, host);
  peers_.push_back({declared.provider, declared.id, host});
}

std::shared_ptr<units::SpawnTarget> Workflows::peer(std::string_view node, std::string_view host) const {
  const Peer* any = nullptr;
  for (const Peer& peer : peers_) {
    if (peer.provider != node) continue;
    if (peer.worker == host) return peer.host;
    if (any == nullptr) any = &peer;
  }
  return any == nullptr ? nullptr : any->host;
}

Result<> Workflows::open_worker(const Declared& declared, bool takes_all, bool tolerant) {
  const std::string& worker = declared.id;
  const WorkflowStoreEntry& entry = declared.store;
  auto store = open_store(entry);
  if (!store) {
    if (!tolerant || store.error().kind != kind::conflict) return fail(std::move(store.error()));
    add_host(declared, std::make_shared<UnavailableHost>(store.error()));
    unavailable_[worker] = std::move(store.error());
    return {};
  }
  auto made = std::make_unique<Worker>(node_, entries_, worker, takes_all, unbound_);
  units::workflows::ServiceOptions options = declared.options;
  options.provider = declared.provider;
  options.worker = worker;
  options.memory_limit = node_.options().isolate_memory_limit;
  if (entry.postgres) {
    options.lease = entry.postgres->lease;
    options.operations_poll = {};  // whoever looks from outside does it itself
  }
  made->service = std::make_shared<units::workflows::Service>(
      units::workflows::ServiceParts{node_.scheduler(), node_.timers(), node_.clock(), node_.random(),
                                     node_.environment(), made->programs, activities_, processes_,
                                     node_.log().renamed("workflow"), node_.permissions()},
      options,
      std::make_unique<units::workflows::StoreThread>(std::move(*store),
                                                      entry.postgres ? nullptr : &node_.scheduler()),
      make_readers(entry));
  made->host = std::make_shared<WorkflowHostAdapter>(made->service);
  add_host(declared, made->host);
  if (takes_all && worker != default_worker) node_.add_host(default_worker, made->host);
  std::promise<Result<>> recovered;
  made->service->recover([&recovered](Result<> done) { recovered.set_value(std::move(done)); });
  Worker& opened = *(workers_[worker] = std::move(made));
  if (Result<> done = recovered.get_future().get(); !done) return done;
  if (entry.postgres) {
    opened.listener = std::make_unique<units::workflows::PostgresListener>(
        *entry.postgres, [service = opened.service](const std::string& hint) { service->heard(hint); });
  }
  return {};
}

void Workflows::stop() {
  for (const auto& [id, worker] : workers_) {
    worker->listener.reset();
    worker->service->stop();
  }
}

void Workflows::abandon() {
  for (const auto& [id, worker] : workers_) worker->service->abandon();
}

std::vector<units::WorkflowGateway::Worker> Workflows::workers() const {
  std::vector<units::WorkflowGateway::Worker> found;
  found.reserve(workers_.size());
  for (const auto& [id, worker] : workers_) {
    const units::workflows::Service::Counts counts = worker->service->counts();
    found.push_back({id, counts.runs, counts.instances, counts.due});
  }
  return found;
}

lua::Dispatch Workflows::execute(units::Process& caller, lua::OpId op, units::ExecuteWorkflow& command,
                                 lua::Reply& reply) {
  const auto bound = worker_of_.find(command.id);
  if (bound == worker_of_.end()) {
    return units::refuse(reply, Error::of(kind::not_found, "no workflow entry " + command.id));
  }
  const auto worker = workers_.find(bound->second);
  if (worker == workers_.end()) {
    if (const auto why = unavailable_.find(bound->second); why != unavailable_.end()) {
      return units::refuse(reply, why->second);
    }
    Error error = Error::of(kind::unavailable, "workflow worker " + bound->second + " is not running");
    error.retryable = true;
    return units::refuse(reply, std::move(error));
  }
  units::workflows::StartRequest request;
  request.id = command.id;
  request.arguments = std::move(command.arguments);
  request.frame = caller.context();
  return worker->second->host->execute(caller, op, request);
}

Result<std::shared_ptr<units::workflows::Service>> Workflows::find(units::Process& caller,
                                                                   std::string_view action,
                                                                   std::string& destination) const {
  Result<std::string> pid = node_.resolve(destination);
  if (!pid) return fail(std::move(pid.error()));
  destination = std::move(*pid);
  if (!caller.allows(action, destination))
    return fail(kind::permission_denied, "not allowed: " + destination);
  for (const auto& [id, worker] : workers_) {
    if (worker->service->owns(destination)) return worker->service;
  }
  return fail(kind::not_found, "no workflow has the PID " + destination);
}

lua::Dispatch Workflows::query(units::Process& caller, lua::OpId op, units::QueryWorkflow& command,
                               lua::Reply& reply) {
  const auto service = find(caller, "workflow.query", command.destination);
  if (!service) return units::refuse(reply, service.error());
  (*service)->query(command.destination, {std::move(command.name), std::move(command.arguments)},
                    [caller = sched::Ref<units::Process>(&caller), op](lua::Reply answer) {
                      caller->post_reply(op, std::move(answer));
                    });
  return lua::Dispatch::pending;
}

lua::Dispatch Workflows::update(units::Process& caller, lua::OpId op, units::UpdateWorkflow& command,
                                lua::Reply& reply) {
  const auto service = find(caller, "workflow.update", command.destination);
  if (!service) return units::refuse(reply, service.error());
  const std::string id =
      (*service)->update(command.destination, command.name, command.arguments,
                         [caller = sched::Ref<units::Process>(&caller), op](lua::Reply answer) {
                           caller->post_reply(op, std::move(answer));
                         });
  caller.at_end(op, [service = *service, id] { service->forget_update(id); });
  return lua::Dispatch::pending;
}

}  // namespace trivium::cli
