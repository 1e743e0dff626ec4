// Runtimes on one store that serve two task queues, with workflows of one that call functions of the other.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "units/workflows/testing/cluster.h"

namespace trivium::units::workflows::testing {

// Two runtimes serve the queue of the workflows, the others the queue "far".
class OtherQueues : public ::testing::Test {
 protected:
  static constexpr size_t far = 2;

  explicit OtherQueues(size_t runtimes = 3)
      : cluster(1, runtimes, [](ServiceOptions& options) { options.lease = std::chrono::seconds(5); }) {
    for (size_t node = 0; node < cluster.size(); ++node) {
      World& world = cluster.world(node);
      world.programs.add("app:wf", R"lua(return function(options)
        options['activity.task_queue'] = 'far'
        local v, e = call_with(options, 'app:f', 'argument')
        if e then return {e:kind(), e:message(), e:details().timeout_type or '', e:details()._retry_state} end
        return v
      end)lua");
      world.programs.add("app:canceling", R"lua(return function(options)
        options['activity.task_queue'] = 'far'
        local go = listen('go')
        local answer, call = async_with(options, 'app:f', 'argument')
        go:receive()
        cancel_call(call)
        return answer:receive():kind()
      end)lua");
      world.programs.add("app:later", R"lua(return function(options)
        options['activity.task_queue'] = 'far'
        local go = listen('go')
        go:receive()
        local v, e = call_with(options, 'app:f', 'argument')
        if e then return e:kind() end
        go:receive()
        return v
      end)lua");
      if (node >= far) world.options.task_queue = "far";
      cluster.restart(node);
    }
    serve([](const Array& arguments) { return lua::Reply::of(arguments[0].as_string() + " done"); });
    cluster.run_for(std::chrono::minutes(1));  // nobody has the first queue of the third one any more
  }

  void serve(const TestFunctions::Body& body) {
    for (size_t node = far; node < cluster.size(); ++node) {
      TestFunctions& functions = cluster.world(node).functions;
      functions.on_call([this](const Object& info) { infos.push_back(info); });
      functions.add("app:f", body);
    }
  }
  void start(Object options, const std::string& id = "app:wf", const std::string& name = "one") {
    StartRequest request;
    request.id = id;
    request.name = name;
    request.arguments = encode_values(Array{Value(std::move(options))});
    bool started = false;
    cluster.world(0).service().start(
        request, [&](const Result<StartedWorkflow>& done) { started = done.has_value(); });
    EXPECT_TRUE(cluster.run_until([&] { return started; }, std::chrono::minutes(1)));
    end.clear();
    cluster.world(1).service().watch(name, [this](const WorkflowEnd& reached) { end = shown(reached); });
  }
  void signal(const std::string& name) {
    bool sent = false;
    cluster.world(1).service().signal(name, {"go", "", encode_values({Value(1)})},
                                      [&](const Result<>& done) { sent = done.has_value(); });
    EXPECT_TRUE(cluster.run_until([&] { return sent; }, std::chrono::minutes(1)));
  }
  std::string wait(Duration limit = std::chrono::minutes(30)) {
    EXPECT_TRUE(cluster.run_until([&] { return !end.empty(); }, limit));
    return end;
  }
  bool until_called(size_t times = 1) {
    return cluster.run_until([&] { return infos.size() >= times; }, std::chrono::minutes(10));
  }
  // No call ends from now on.
  void hold() { cluster.world(far).functions.saturate(true); }
  // `check` with a name of its own and the harm to be done: for the runtime of the workflow, then that of the
  // queue, a transaction is refused or its answer lost, after none, one, … of those before it.
  void at_every_place(
      int places,
      const std::function<void(const std::string& name, const std::function<void()>& harm)>& check) {
    for (const size_t node : {size_t{0}, far}) {
      for (int after = 0; after < places; ++after) {
        for (const bool lost : {false, true}) {
          const std::string name =
              std::to_string(node) + (lost ? " lost " : " refused ") + std::to_string(after);
          SCOPED_TRACE(name);
          TestQueue& queue = cluster.world(node).queue();
          check(name, [&] { lost ? queue.lose_answers(1, after) : queue.refuse(1, after); });
          if (HasFatalFailure()) return;
          queue.refuse(0);
          queue.lose_answers(0);
        }
      }
    }
  }
  void transact(const std::function<void(Tables&)>& work) {
    const auto session = cluster.database().connect();
    Job job{[&](Tables& tables) -> Result<> {
              work(tables);
              return {};
            },
            [](const Result<>&) {}};
    session->run({&job, 1});
  }
  std::vector<AttemptRow> attempts() {
    std::vector<AttemptRow> rows;
    transact([&](Tables& tables) {
      std::vector<std::string> ids;
      for (const RunRow& run : tables.list_runs({}, 100, 0)) ids.push_back(run.run_id);
      rows = tables.shared()->attempts(ids);
    });
    return rows;
  }
  size_t left_over() { return attempts().size(); }

  std::vector<Object> infos;
  std::string end;
  Cluster cluster;  // the first to go: what ends with it still tells of it
};

}  // namespace trivium::units::workflows::testing
