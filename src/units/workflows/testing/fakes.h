// The surroundings of a workflow service, for tests: programs from Lua text, functions in C++, a store
// that can crash, everything driven by hand from one seed.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/clock.h"
#include "units/workflows/ports.h"
#include "units/workflows/store/store.h"

namespace trivium::units::workflows::testing {

class TestPrograms final : public WorkflowPrograms {
 public:
  // `source`: a chunk that returns the entry function. Replaces an earlier one of this id.
  void add(const std::string& id, const std::string& source);
  void remove(const std::string& id) { programs_.erase(id); }
  void set_policy(const std::string& id, CodePolicy policy) { programs_[id].policy = policy; }

  std::optional<WorkflowCode> find(const std::string& type) const override;
  std::vector<std::string> types() const override;
  void set_type(const std::string& id, const std::string& type) { types_[id] = type; }
  void set_other_worker(const std::string& id, const std::string& worker) { other_workers_[id] = worker; }
  std::string type_of(const std::string& entry_id) const override {
    const auto at = types_.find(entry_id);
    return at == types_.end() ? entry_id : at->second;
  }
  std::optional<std::string> other_worker(const std::string& entry_id) const override {
    const auto at = other_workers_.find(entry_id);
    return at == other_workers_.end() ? std::nullopt : std::optional(at->second);
  }
  Result<WorkflowCode> compile(const std::string& hash, std::string source) const override;
  // Code that was added at any time; null: never.
  std::shared_ptr<const WorkflowCode> by_hash(const std::string& hash) const {
    const auto at = ever_.find(hash);
    return at == ever_.end() ? nullptr : at->second;
  }

 private:
  std::map<std::string, std::shared_ptr<const WorkflowCode>> ever_;
  std::map<std::string, WorkflowCode> programs_;
  std::map<std::string, std::string> types_;
  std::map<std::string, std::string> other_workers_;
};

// Calls queue up until run_one(): the test decides when an activity ends.
class TestFunctions final : public ActivityFunctions {
 public:
  using Body = std::function<lua::Reply(const Array& arguments)>;
  void add(const std::string& id, Body body) { bodies_[id] = std::move(body); }
  void remove(const std::string& id) { bodies_.erase(id); }
  void set_options(const std::string& id, Object options) { options_[id] = std::move(options); }

  // Runs one of the calls that wait, drawn by `choose`; false if none waits.
  bool run_one(const std::function<size_t(size_t)>& choose);
  // The process died: what runs is lost.
  void crash() { waiting_.clear(); }
  size_t waiting() const { return waiting_.size(); }
  FrameRef last_frame() const { return last_frame_; }

  bool exists(const std::string& id) const override { return bodies_.contains(id); }
  std::vector<std::string> ids() const override;
  Object options(const std::string& id) const override;
  std::unique_ptr<Attempt> call(const std::string& id, Values arguments, FrameRef frame,
                                std::shared_ptr<ActivityContext> activity, Done done) override;
  std::shared_ptr<ActivityContext> last_activity() const { return last_activity_; }
  // Hears what activity.info() shows of every call.
  void on_call(std::function<void(const Object& info)> called) { called_ = std::move(called); }
  // While it is, no call gets a worker.
  void saturate(bool on) { saturated_ = on; }

 private:
  struct Call {
    std::string id;
    Values arguments;
    Done done;
    std::shared_ptr<bool> canceled;
    std::shared_ptr<ActivityContext> activity;
  };
  std::map<std::string, Body> bodies_;
  std::map<std::string, Object> options_;
  std::vector<Call> waiting_;
  FrameRef last_frame_;
  std::shared_ptr<ActivityContext> last_activity_;
  std::function<void(const Object& info)> called_;
  bool saturated_ = false;
};

class TestProcesses final : public LocalProcesses {
 public:
  struct Delivered {
    std::string pid;
    lua::Message message;
  };
  std::vector<Delivered> delivered;
  std::map<std::string, std::string> names;
  std::set<std::string> unroutable;
  int lookups = 0;  // of names

  Result<std::string> resolve(const std::string& name) const override;
  Result<> routable(const std::string& pid) const override;
  void deliver(const std::string& pid, lua::Message message) override;
  Result<Value> name_operation(NameOperation::Verb verb, const std::string& name,
                               const std::string& pid) override;
};

class TestRandom final : public Random {
 public:
  explicit TestRandom(uint64_t seed) : engine_(seed) {}
  uint64_t next() override { return engine_(); }
  void secure_bytes(void* out, size_t count) override;

 private:
  std::mt19937_64 engine_;
};

// Jobs wait until pump(); the process may die before or after any transaction.
class TestQueue final : public StoreQueue {
 public:
  explicit TestQueue(Store& store) : store_(store) {}

  enum class Crash { none, before, after };
  // The `transaction`-th from now is the last one (0: none is).
  void crash_at(int transaction, Crash how) {
    remaining_ = transaction;
    how_ = how;
  }
  bool crashed() const { return crashed_; }
  // The disk is full for this many transactions, after so many that go well.
  void refuse(int transactions, int after = 0) {
    refused_ = transactions;
    spared_ = after;
  }
  // The connection breaks after this many of the next transactions: they are done, and nobody is told so.
  void lose_answers(int transactions, int after = 0) {
    unanswered_ = transactions;
    spared_ = after;
  }
  // Runs what was submitted, as one group; false if there was nothing.
  bool pump();
  int transactions() const { return transactions_; }

  void submit(Job job) override;
  void stop() override {
    while (pump()) {
    }
    stopped_ = true;
  }

 private:
  Store& store_;
  std::vector<Job> jobs_;
  int remaining_ = 0;
  int refused_ = 0;
  int unanswered_ = 0;
  int spared_ = 0;
  int transactions_ = 0;
  Crash how_ = Crash::none;
  bool crashed_ = false;
  bool stopped_ = false;
};

}  // namespace trivium::units::workflows::testing
