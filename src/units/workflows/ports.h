// What workflows need from the rest of the runtime. Implementations are thread-safe and do not block.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/frame.h"
#include "core/value.h"
#include "lua/command.h"
#include "lua/message.h"
#include "lua/program.h"
#include "units/activity_context.h"
#include "units/commands/processes.h"

namespace trivium::units::workflows {

// Which code an open run goes on with after a deployment: meta.workflow.code of its entry.
enum class CodePolicy : uint8_t {
  automatic,  // the newest that fits its history
  pinned,     // that with which it began
  latest,     // the newest
};

// The code of a workflow type.
struct WorkflowCode {
  lua::ProgramRef program;
  std::string entry_id;
  std::string hash;                           // of `source`; kept with each run
  std::shared_ptr<const std::string> source;  // what compile() makes it of again
  CodePolicy policy = CodePolicy::automatic;
};

class WorkflowPrograms {
 public:
  virtual ~WorkflowPrograms() = default;
  // The application's own. Nothing: this runtime does not know the type.
  virtual std::optional<WorkflowCode> find(const std::string& type) const = 0;
  virtual std::vector<std::string> types() const = 0;
  // The type name of a workflow entry: its custom name, else its id.
  virtual std::string type_of(const std::string& entry_id) const = 0;
  // That a workflow entry is bound to. Nothing: this one, or there is no such entry.
  virtual std::optional<std::string> other_worker(const std::string& entry_id) const = 0;
  // Code of an earlier deployment. Invalid: it is nothing for this runtime.
  virtual Result<WorkflowCode> compile(const std::string& hash, std::string source) const = 0;
};

// The functions that run as activities.
class ActivityFunctions {
 public:
  // One attempt in progress.
  class Attempt {
   public:
    virtual ~Attempt() = default;
    // Cancels the call as a function call is cancelled; it still ends through its callback.
    virtual void cancel() = 0;
  };
  using Done = std::function<void(lua::Reply)>;

  virtual ~ActivityFunctions() = default;
  virtual bool exists(const std::string& id) const = 0;
  virtual std::vector<std::string> ids() const = 0;
  // meta.options of the entry: defaults of activity options.
  virtual Object options(const std::string& id) const = 0;
  // Calls the function. `activity` hears when it has got a worker; `done` is called once, from any thread,
  // possibly before this returns.
  virtual std::unique_ptr<Attempt> call(const std::string& id, Values arguments, FrameRef frame,
                                        std::shared_ptr<ActivityContext> activity, Done done) = 0;
};

// Processes of this runtime.
class LocalProcesses {
 public:
  virtual ~LocalProcesses() = default;
  // The PID of a registered name; NotFound otherwise.
  virtual Result<std::string> resolve(const std::string& name) const = 0;
  // Whether a message to this PID has a host to go to.
  virtual Result<> routable(const std::string& pid) const = 0;
  virtual void deliver(const std::string& pid, lua::Message message) = 0;
  // process.registry, for a workflow's PID.
  virtual Result<Value> name_operation(NameOperation::Verb verb, const std::string& name,
                                       const std::string& pid) = 0;
};

}  // namespace trivium::units::workflows
