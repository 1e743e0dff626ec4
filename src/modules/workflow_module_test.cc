#include "modules/workflow_module.h"

#include <gmock/gmock.h>

#include "modules/unit_test_state.h"
#include "units/workflow_gateway.h"

namespace trivium::lua {
namespace {

using testing::HasSubstr;

// Answers with the id and the first argument.
class EchoingGateway final : public units::WorkflowGateway {
 public:
  Dispatch execute(units::Process&, OpId, units::ExecuteWorkflow& command, Reply& reply) override {
    const Value argument = first_value(command.arguments);
    reply = Reply::of(command.id + "(" + (argument.is_string() ? argument.as_string() : "") + ")");
    return Dispatch::done;
  }
  Dispatch update(units::Process&, OpId, units::UpdateWorkflow& command, Reply& reply) override {
    reply = Reply::of(command.destination + " does " + command.name);
    return Dispatch::done;
  }
  Dispatch query(units::Process&, OpId, units::QueryWorkflow& command, Reply& reply) override {
    reply = Reply::of(command.name + " of " + command.destination);
    return Dispatch::done;
  }
  std::shared_ptr<units::SpawnTarget> peer(std::string_view, std::string_view) const override {
    return nullptr;
  }
  std::vector<Worker> workers() const override { return {}; }
};

class WorkflowModule : public UnitTest {
 protected:
  WorkflowModule() : UnitTest({&workflow_module}) {}
};

TEST_F(WorkflowModule, ExecuteGoesToTheWorkflowService) {
  EXPECT_EQ(eval("workflow.execute('app:orders', 'x')"),
            "nil <Unavailable: workflows are not available in this runtime>");
  node().set_service<units::WorkflowGateway>(std::make_shared<EchoingGateway>());
  EXPECT_EQ(eval("workflow.execute('app:orders', 'x')"), "app:orders(x) nil");
}

TEST_F(WorkflowModule, QueriesGoToTheWorkflowService) {
  EXPECT_EQ(eval("workflow.query('boss', 'state')"),
            "nil <Unavailable: workflows are not available in this runtime>");
  node().set_service<units::WorkflowGateway>(std::make_shared<EchoingGateway>());
  EXPECT_EQ(eval("workflow.query('boss', 'state')"), "state of boss nil");
  EXPECT_EQ(eval("workflow.query('boss', '')"), "nil <Invalid: query name required>");
  EXPECT_EQ(eval("workflow.on_query('state', function() end)"),
            "nil <Invalid: workflow.on_query only available in workflow context>");
}

TEST_F(WorkflowModule, UpdatesGoToTheWorkflowService) {
  EXPECT_EQ(eval("workflow.update('boss', 'add')"),
            "nil <Unavailable: workflows are not available in this runtime>");
  node().set_service<units::WorkflowGateway>(std::make_shared<EchoingGateway>());
  EXPECT_EQ(eval("workflow.update('boss', 'add')"), "boss does add nil");
}

TEST_F(WorkflowModule, ArgumentsThatCannotLeaveAreReported) {
  node().set_service<units::WorkflowGateway>(std::make_shared<EchoingGateway>());
  EXPECT_EQ(eval("workflow.execute('app:orders', print)"), "app:orders() nil");
  const std::vector<std::string> lines = sink().take();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("\"operation\":\"start of app:orders\""), std::string::npos) << lines[0];
}

TEST_F(WorkflowModule, IdsAreChecked) {
  for (const std::string f : {"workflow.execute", "workflow.exec"}) {
    EXPECT_EQ(eval(f + "('')"), "nil <Invalid: workflow ID required>");
    for (const std::string id : {"'orders'", "':orders'", "'app:'"}) {
      EXPECT_EQ(eval(f + "(" + id + ")"),
                "nil <Invalid: invalid workflow ID format (namespace:name required)>");
    }
    EXPECT_NE(eval(f + "(5)").find("bad argument #1"), std::string::npos);
  }
}

TEST_F(WorkflowModule, OutsideOfWorkflows) {
  EXPECT_EQ(eval("workflow.exec('app:orders')"),
            "nil <Invalid: workflow.exec outside workflow context not yet supported>");
  EXPECT_EQ(eval("workflow.info()"), "nil nil");
  EXPECT_EQ(eval("workflow.history_length()"), "0 nil");
  EXPECT_EQ(eval("workflow.history_size()"), "0 nil");
  EXPECT_EQ(eval("workflow.version('change', 1, 3)"), "3 nil");
  EXPECT_EQ(eval("workflow.attrs({search = {}})"),
            "nil <Invalid: workflow.attrs only available in workflow context>");
}

TEST_F(WorkflowModule, VersionsAreChecked) {
  EXPECT_EQ(eval("workflow.version('', 1, 2)"), "nil <Invalid: change ID required>");
  EXPECT_EQ(eval("workflow.version('x', 2, 1)"),
            "nil <Invalid: min_supported cannot be greater than max_supported>");
  EXPECT_NE(eval("workflow.version('x', '1', {})").find("bad argument #3"), std::string::npos);
  EXPECT_EQ(eval("workflow.version('x', -1, 20261231.0)"), "20261231 nil");
  for (const char* wrong : {"1.5, 3", "0 / 0, 3", "-1 / 0, 3", "-(1 << 31) - 1, 3"}) {
    EXPECT_THAT(eval("workflow.version('x', " + std::string(wrong) + ")"),
                HasSubstr("bad argument #2 to 'version' (a version is an integer of 32 bits)"));
  }
  for (const char* wrong : {"1, 2.5", "-1, math.maxinteger", "1, 1 << 31"}) {
    EXPECT_THAT(eval("workflow.version('x', " + std::string(wrong) + ")"), HasSubstr("bad argument #3"));
  }
}

TEST_F(WorkflowModule, AttributesAreChecked) {
  EXPECT_EQ(eval("workflow.attrs({})"), "nil <Invalid: search or memo required>");
  EXPECT_EQ(eval("workflow.attrs({search = 1})"), "nil <Invalid: search must be a table>");
  EXPECT_EQ(eval("workflow.attrs({memo = 'x'})"), "nil <Invalid: memo must be a table>");
  EXPECT_EQ(eval("workflow.attrs({search = {k = print}})"),
            "nil <Invalid: search attribute \"k\": unsupported value type function>");
  EXPECT_NE(eval("workflow.attrs()").find("bad argument #1"), std::string::npos);
}

}  // namespace
}  // namespace trivium::lua
