// Part of the tests' executable, not of the library: hence the name.
#include "units/workflows/testing/fakes.h"

#include <cstdlib>
#include <utility>

#include "lua/frontend/frontend.h"
#include "lua/sandbox/chunk.h"

namespace trivium::units::workflows::testing {

// --- programs ---------------------------------------------------------------------------------------

void TestPrograms::add(const std::string& id, const std::string& source) {
  auto code = compile("code of " + source, id + "\n" + source);
  if (!code) std::abort();
  code->policy = programs_[id].policy;
  ever_[code->hash] = std::make_shared<const WorkflowCode>(*code);
  programs_[id] = std::move(*code);
}

// `source`: the entry's id in the first line.
Result<WorkflowCode> TestPrograms::compile(const std::string& hash, std::string source) const {
  const size_t end = source.find('\n');
  const std::string id = source.substr(0, end);
  const Result<lua::Program> plain = lua::compile(source.substr(end + 1), id);
  if (!plain) return fail(plain.error());
  Result<std::string> bytecode = lua::compile_to_bytecode(plain->lua, id);
  if (!bytecode) return fail(bytecode.error());
  auto program = std::make_shared<lua::EntryProgram>();
  program->id = id;
  program->main.id = id;
  program->main.bytecode = std::move(*bytecode);
  WorkflowCode code;
  code.program = std::move(program);
  code.entry_id = id;
  code.hash = hash;
  code.source = std::make_shared<const std::string>(std::move(source));
  return code;
}

std::optional<WorkflowCode> TestPrograms::find(const std::string& type) const {
  const auto at = programs_.find(type);
  if (at == programs_.end()) return std::nullopt;
  return at->second;
}

std::vector<std::string> TestPrograms::types() const {
  std::vector<std::string> types;
  for (const auto& [id, code] : programs_) types.push_back(id);
  return types;
}

// --- functions --------------------------------------------------------------------------------------

namespace {

class TestAttempt final : public ActivityFunctions::Attempt {
 public:
  explicit TestAttempt(std::shared_ptr<bool> canceled) : canceled_(std::move(canceled)) {}
  void cancel() override { *canceled_ = true; }

 private:
  std::shared_ptr<bool> canceled_;
};

}  // namespace

bool TestFunctions::run_one(const std::function<size_t(size_t)>& choose) {
  if (waiting_.empty() || saturated_) return false;
  const auto at = waiting_.begin() + static_cast<std::ptrdiff_t>(choose(waiting_.size()));
  Call call = std::move(*at);
  waiting_.erase(at);
  call.activity->began();
  call.done(*call.canceled ? lua::Reply::failure(Error::of(kind::canceled, "context canceled"))
                           : bodies_.at(call.id)(decode_values(call.arguments)));
  return true;
}

std::vector<std::string> TestFunctions::ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, body] : bodies_) ids.push_back(id);
  return ids;
}

Object TestFunctions::options(const std::string& id) const {
  const auto at = options_.find(id);
  return at == options_.end() ? Object() : at->second;
}

std::unique_ptr<ActivityFunctions::Attempt> TestFunctions::call(const std::string& id, Values arguments,
                                                                FrameRef frame,
                                                                std::shared_ptr<ActivityContext> activity,
                                                                Done done) {
  auto canceled = std::make_shared<bool>(false);
  if (called_) called_(activity->info());
  if (!saturated_) activity->began();
  last_activity_ = activity;
  last_frame_ = std::move(frame);
  waiting_.push_back({id, std::move(arguments), std::move(done), canceled, std::move(activity)});
  return std::make_unique<TestAttempt>(std::move(canceled));
}

// --- processes --------------------------------------------------------------------------------------

Result<std::string> TestProcesses::resolve(const std::string& name) const {
  ++const_cast<TestProcesses*>(this)->lookups;
  const auto at = names.find(name);
  if (at == names.end())
    return fail(kind::not_found, "could not resolve '" + name + "' as PID or registered name");
  return at->second;
}

Result<> TestProcesses::routable(const std::string& pid) const {
  if (unroutable.contains(pid)) return fail(kind::not_found, "host not found");
  return {};
}

void TestProcesses::deliver(const std::string& pid, lua::Message message) {
  delivered.push_back({pid, std::move(message)});
}

Result<Value> TestProcesses::name_operation(NameOperation::Verb, const std::string& name,
                                            const std::string& pid) {
  names[name] = pid;
  return Value(true);
}

// --- chance and storage -----------------------------------------------------------------------------

void TestRandom::secure_bytes(void* out, size_t count) {
  auto* bytes = static_cast<unsigned char*>(out);
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<unsigned char>(engine_());
}

void TestQueue::submit(Job job) {
  if (crashed_) return;
  if (stopped_) return job.done(fail(kind::unavailable, "the workflow store is closed"));
  jobs_.push_back(std::move(job));
}

bool TestQueue::pump() {
  if (crashed_) jobs_.clear();
  if (jobs_.empty()) return false;
  std::vector<Job> batch = std::exchange(jobs_, {});
  ++transactions_;
  const bool spared = spared_ > 0 && spared_-- > 0;
  if (!spared && unanswered_ == 0 && refused_ > 0) {
    --refused_;
    for (Job& job : batch) job.done(fail(kind::unavailable, "database or disk is full"));
    return true;
  }
  const bool last = remaining_ > 0 && --remaining_ == 0;
  if (last && how_ == Crash::before) {
    crashed_ = true;
    return true;
  }
  if (last && how_ == Crash::after) {
    crashed_ = true;
    for (Job& job : batch) job.done = [](const Result<>&) {};
  }
  if (!spared && unanswered_ > 0) {
    --unanswered_;
    for (Job& job : batch) {
      job.done = [done = std::move(job.done)](const Result<>&) {
        done(fail(kind::unavailable, "the connection broke"));
      };
    }
  }
  store_.run(batch);
  return true;
}

}  // namespace trivium::units::workflows::testing
