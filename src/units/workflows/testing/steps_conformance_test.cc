// Tasks of workflows one after another, with activities that begin, end and are tried again: what the store
// says of the run and its activities is what was committed, however a provider writes it.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "units/workflows/testing/store_conformance.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::IsEmpty;

// A run and what it should look like.
class Steps {
 public:
  struct Task {
    std::vector<int64_t> closes;
    int opens = 0;
    bool unusual = false;  // not one of those that providers have a quicker way for
    std::vector<int64_t> cancels = {};
    int settles = 0;       // activities that begin and end in it
    bool refused = false;  // with another behind it in the same transaction that is refused
  };

  explicit Steps(StoreConformance& store) : store_(store) {}

  // Returns the activities it opened.
  std::vector<int64_t> commit(const Task& task) {
    store_.now_ns += 10;
    TaskCommit commit;
    commit.run_id = "r1";
    commit.first_event_id = next_event_id_;
    commit.closed_activities = task.closes;
    commit.code.hash = commit.code_before = code_hash_;
    const auto add = [&](EventType type, Object attributes = {}) {
      commit.events.push_back({next_event_id_++, type, store_.now_ns, std::move(attributes), false, {}});
    };
    add(EventType::task_scheduled);
    commit.task_started = task_started_ = next_event_id_;
    add(EventType::task_started);
    add(EventType::task_completed);
    std::vector<int64_t> opened;
    for (int i = 0; i < task.opens; ++i) {
      opened.push_back(next_event_id_);
      activities_[next_event_id_] = {store_.now_ns, "activity " + std::to_string(next_event_id_)};
      add(EventType::activity_scheduled, Object{{"activity_id", activities_[next_event_id_].id}});
    }
    for (int i = 0; i < task.settles; ++i) {
      commit.settled.insert(next_event_id_);
      add(EventType::activity_scheduled);
    }
    for (const int64_t closed : task.closes) {
      if (activities_[closed].awaited) commit.fired_timers.push_back(retry_timer(closed));
      activities_.erase(closed);
    }
    for (const int64_t canceled : task.cancels) {
      add(EventType::activity_cancel_requested, Object{{"scheduled_event_id", canceled}});
      activities_[canceled].cancel_requested = true;
      activities_[canceled].awaited = false;
    }
    if (task.unusual) commit.memo.set("at", next_event_id_);
    commit.encoded = encode_events(commit.events);
    bytes_ += static_cast<int64_t>(commit.encoded.size());
    const auto script = [](const TaskCommit& commit) {
      return
          [&commit](Tables& tables, ScriptContext& context) { return commit_task(tables, commit, context); };
    };
    TaskCommit late = commit;  // it does not know of this one
    late.closed_activities = open();
    std::vector<StoreConformance::Script> scripts{script(commit)};
    if (task.refused) {
      scripts.emplace_back(script(late));
      // One that is refused when it has written.
      scripts.emplace_back([&](Tables& tables, ScriptContext& context) -> Result<> {
        late.first_event_id = next_event_id_;
        EXPECT_TRUE(commit_task(tables, late, context));
        for (ActivityRow& row : tables.activities("r1")) tables.update_activity("r1", row);
        return fail(kind::conflict, "not this one");
      });
    }
    const std::vector<Result<>> done = store_.run_all(scripts);
    EXPECT_TRUE(done[0]) << done[0].error().message;
    for (size_t i = 1; i < done.size(); ++i) EXPECT_FALSE(done[i]);
    return opened;
  }

  void begin() {
    store_.start("r1");
    store_.run([&](Tables& tables, ScriptContext&) -> Result<> {
      bytes_ = tables.run("r1")->history_bytes;
      return {};
    });
    commit({});
  }

  // `awaited`: it begins later, and the run may sleep until then.
  void note_attempt(int64_t activity, int64_t attempt, bool awaited = false) {
    const bool was_awaited = std::exchange(activities_[activity].awaited, awaited);
    activities_[activity].attempt = attempt;
    const Result<> done = store_.run([&](Tables& tables, ScriptContext&) -> Result<> {
      for (ActivityRow& row : tables.activities("r1")) {
        if (row.scheduled_event_id != activity) continue;
        row.attempt = attempt;
        row.awaited = awaited;
        row.next_attempt_ns = store_.now_ns + 1000;
        return save_attempt(tables, "r1", 0, row, was_awaited);
      }
      return fail(kind::not_found, "it is not there");
    });
    EXPECT_TRUE(done) << done.error().message;
  }

  void change_code(const std::string& hash) {
    code_hash_ = hash;
    const Result<> done = store_.run([&](Tables& tables, ScriptContext& context) {
      note_stay(tables, "r1", 0, "", "another", "it does not fit");
      return workflows::change_code(tables, {"wf", "r1", next_event_id_, {hash, "app:wf", nullptr}}, context);
    });
    EXPECT_TRUE(done) << done.error().message;
  }

  void check() {
    store_.run([&](Tables& tables, ScriptContext&) -> Result<> {
      const std::optional<RunRow> row = tables.run("r1");
      EXPECT_EQ(row->next_event_id, next_event_id_);
      EXPECT_EQ(row->last_task_started, task_started_);
      EXPECT_EQ(row->history_bytes, bytes_);
      EXPECT_EQ(tables.list_runs({}, 1, 0).at(0).next_event_id, next_event_id_);
      auto expected = activities_.begin();
      const std::vector<ActivityRow> found = tables.activities("r1");
      EXPECT_EQ(found.size(), activities_.size());
      for (const ActivityRow& activity : found) {
        if (expected == activities_.end()) break;
        EXPECT_EQ(activity.scheduled_event_id, expected->first);
        EXPECT_EQ(activity.scheduled_ns, expected->second.scheduled_ns);
        EXPECT_EQ(activity.attempt, expected->second.attempt);
        EXPECT_EQ(activity.cancel_requested, expected->second.cancel_requested);
        EXPECT_EQ(activity.awaited, expected->second.awaited);
        EXPECT_EQ(text_at(activity.scheduled, "activity_id"), expected->second.id);
        ++expected;
      }
      const bool has_work = std::any_of(activities_.begin(), activities_.end(),
                                        [](const auto& activity) { return !activity.second.awaited; });
      EXPECT_EQ(tables.runs_with_work("", "", 10).size(), has_work ? 1U : 0U);
      EXPECT_EQ(tables.current_run("wf")->next_event_id, next_event_id_);
      return {};
    });
  }

  std::vector<int64_t> open() const {
    std::vector<int64_t> ids;
    for (const auto& [id, activity] : activities_) ids.push_back(id);
    return ids;
  }

 private:
  struct Activity {
    int64_t scheduled_ns = 0;
    std::string id;
    int64_t attempt = 1;
    bool cancel_requested = false;
    bool awaited = false;
  };
  StoreConformance& store_;
  int64_t next_event_id_ = 2;
  int64_t task_started_ = 0;
  int64_t bytes_ = 0;
  std::string code_hash_;
  std::map<int64_t, Activity> activities_;
};

TEST_P(StoreConformance, OneActivityFollowsAnother) {
  Steps steps(*this);
  steps.begin();
  std::vector<int64_t> last = steps.commit({{}, 1});
  for (int i = 0; i < 20; ++i) {
    last = steps.commit({last, 1});
    steps.check();
  }
  reopen();
  steps.check();
  steps.commit({last, 0});
  steps.check();
}

TEST_P(StoreConformance, AnActivityThatFollowedAnotherIsTriedAgain) {
  Steps steps(*this);
  steps.begin();
  const std::vector<int64_t> first = steps.commit({{}, 1});
  steps.note_attempt(first[0], 3);
  const std::vector<int64_t> second = steps.commit({first, 1});
  steps.check();
  steps.note_attempt(second[0], 2);
  steps.check();
  steps.commit({second, 1});
  steps.check();
}

// What its own runtime still tells of it, late.
TEST_P(StoreConformance, WhatHasEndedDoesNotTouchWhatFollowed) {
  Steps steps(*this);
  steps.begin();
  const std::vector<int64_t> first = steps.commit({{}, 1});
  steps.commit({first, 1});
  EXPECT_TRUE(run([&](Tables& tables, ScriptContext&) -> Result<> {
    ActivityRow late;
    late.scheduled_event_id = first[0];
    late.attempt = 7;
    late.cancel_requested = true;
    return save_activity(tables, "r1", 0, late);
  }));
  steps.check();
}

TEST_P(StoreConformance, ACancelledActivityThatFollowedAnotherIsMarked) {
  Steps steps(*this);
  steps.begin();
  std::vector<int64_t> last = steps.commit({{}, 1});
  last = steps.commit({last, 1});
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    ActivityRow row = tables.activities("r1").at(0);
    row.cancel_requested = true;
    tables.update_activity("r1", row);
    return {};
  });
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_TRUE(tables.activities("r1").at(0).cancel_requested);
    EXPECT_EQ(tables.activities("r1").at(0).scheduled_event_id, last[0]);
    return {};
  });
}

TEST_P(StoreConformance, TheEndOfARunLeavesNoActivities) {
  Steps steps(*this);
  steps.begin();
  std::vector<int64_t> last = steps.commit({{}, 2});
  last = steps.commit({last, 2});
  EXPECT_TRUE(run([&](Tables& tables, ScriptContext& context) {
    return close_from_outside(tables, "wf", "r1", EventType::execution_terminated, {}, context);
  }));
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_THAT(tables.activities("r1"), IsEmpty());
    EXPECT_THAT(tables.runs_with_work("", "", 10), IsEmpty());
    return {};
  });
}

TEST_P(StoreConformance, ManyActivitiesComeAndGo) {
  std::mt19937 random(7);  // NOLINT: the same every time
  const auto below = [&](size_t bound) { return static_cast<int64_t>(random() % bound); };
  Steps steps(*this);
  steps.begin();
  for (int i = 0; i < 300; ++i) {
    const std::vector<int64_t> open = steps.open();
    Steps::Task task;
    for (const int64_t id : open) {
      if (below(open.size() + 1) == 0) task.closes.push_back(id);
    }
    task.opens = static_cast<int>(below(open.size() > 12 ? 2 : 4));
    task.unusual = below(6) == 0;
    for (const int64_t id : open) {
      const bool closes = std::find(task.closes.begin(), task.closes.end(), id) != task.closes.end();
      if (!closes && below(9) == 0) task.cancels.push_back(id);
    }
    task.settles = static_cast<int>(below(3)) - 1;
    task.refused = below(4) == 0;
    steps.commit(task);
    if (below(3) == 0 && !steps.open().empty()) {
      steps.note_attempt(steps.open()[static_cast<size_t>(below(steps.open().size()))], 2 + below(5),
                         below(2) == 0);
    }
    if (below(15) == 0) steps.change_code("code " + std::to_string(i));
    if (below(20) == 0) reopen();
    steps.check();
    if (HasFailure()) FAIL() << "at task " << i;
  }
}

}  // namespace
}  // namespace trivium::units::workflows::testing
