#include "modules/permission.h"

#include <map>

#include "modules/funcs_module.h"
#include "modules/process_module.h"
#include "modules/security_module.h"
#include "modules/unit_test_state.h"
#include "modules/workflow_module.h"

namespace trivium::lua {
namespace {

void push_process(lua_State* L) { push_library(L, process_library); }
const Module process_as_module{"process", nullptr, push_process, true};

// Denies one action on one resource and keeps a note of what it was asked.
class DenyingPermissions final : public units::Permissions {
 public:
  bool allows(const FrameRef& frame, std::string_view action, std::string_view resource,
              const Object& attributes) const override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(std::string(action) + " " + std::string(resource));
    if (const Value* pid = attributes.find("pid")) pid_ = pid->as_string();
    if (frame && frame->actor) actor_ = frame->actor->id;
    return action != denied_ || (resource_ != "*" && resource != resource_);
  }
  void deny(std::string action, std::string resource = "*") {
    const std::lock_guard lock(mutex_);
    denied_ = std::move(action);
    resource_ = std::move(resource);
  }
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return std::exchange(asked_, {});
  }
  std::string pid() const {
    const std::lock_guard lock(mutex_);
    return pid_;
  }
  std::string actor() const {
    const std::lock_guard lock(mutex_);
    return actor_;
  }

 private:
  mutable std::mutex mutex_;
  std::string denied_, resource_;
  mutable std::vector<std::string> asked_;
  mutable std::string pid_, actor_;
};

class PermissionTest : public UnitTest {
 protected:
  PermissionTest() : UnitTest({&funcs_module, &process_as_module, &security_module, &workflow_module}) {
    node().set_permissions(permissions_);
  }

  // What the code comes to while this is denied.
  std::string denied(const std::string& action, const std::string& resource, const std::string& body) {
    permissions_->deny(action, resource);
    return run(body, setting_);
  }

  const std::shared_ptr<DenyingPermissions> permissions_ = std::make_shared<DenyingPermissions>();
  Setting setting_;
};

std::string denial(const std::string& message) { return "nil <PermissionDenied: " + message + ">"; }
// Of something that raises: pcall's results.
std::string raised(const std::string& message) { return "false <PermissionDenied: " + message + ">"; }

TEST_F(PermissionTest, Funcs) {
  EXPECT_EQ(denied("funcs.call", "app:f", "return funcs.call('app:f')"), denial("not allowed: app:f"));
  EXPECT_EQ(denied("funcs.call", "app:f", "return funcs.async('app:f')"), denial("not allowed: app:f"));
  EXPECT_EQ(denied("funcs.call", "app:f", "return funcs.new():call('app:f')"), denial("not allowed: app:f"));
  EXPECT_EQ(denied("funcs.call", "app:f", "return funcs.new():async('app:f')"), denial("not allowed: app:f"));
  // The order of the checks: what is no id is not asked about; what is denied is not looked for.
  EXPECT_EQ(denied("funcs.call", "*", "return funcs.call('f')"),
            "nil <Invalid: namespace required in function ID>");
  EXPECT_EQ(denied("funcs.call", "app:f", "local _, e = funcs.call('app:g') return e:kind()"), "NotFound");
  // The caller is asked about, not whom it calls for.
  auto frame = std::make_shared<Frame>();
  frame->actor = Actor{"ada", {}};
  setting_.frame = frame;
  EXPECT_EQ(
      denied("funcs.call", "app:f", "return funcs.new():with_actor(security.new_actor('eve')):call('app:f')"),
      denial("not allowed: app:f"));
  EXPECT_EQ(permissions_->actor(), "ada");
  const std::string context = "not allowed to call functions with custom context";
  EXPECT_EQ(denied("funcs.context", "context", "return funcs.new():with_context({})"), denial(context));
  EXPECT_EQ(denied("funcs.context", "context", "return funcs.new():with_context(1)"), denial(context));
  const std::string security = denial("not allowed to call functions with custom security context");
  for (const char* with : {"with_actor(security.new_actor('a'))", "with_scope(security.new_scope())",
                           "with_actor(nil)", "with_scope()"}) {
    EXPECT_EQ(denied("funcs.security", "security", std::string("return funcs.new():") + with), security);
  }
  EXPECT_EQ(denied("network.select", "app:n", "return funcs.new():with_options({network = 'app:n'})"),
            denial("not allowed: network app:n"));
  EXPECT_EQ(denied("network.select", "*", "return funcs.new():with_options({network = ''})"),
            "funcs.Executor{}");
}

TEST_F(PermissionTest, Spawn) {
  const struct {
    const char* function;
    std::vector<std::string> asked;
  } variants[] = {
      {"spawn", {"process.spawn a:p", "process.host a:h"}},
      {"spawn_monitored", {"process.spawn a:p", "process.host a:h", "process.spawn.monitored a:p"}},
      {"spawn_linked", {"process.spawn a:p", "process.host a:h", "process.spawn.linked a:p"}},
      {"spawn_linked_monitored",
       {"process.spawn a:p", "process.host a:h", "process.spawn.monitored a:p", "process.spawn.linked a:p"}},
  };
  const std::map<std::string, std::string> messages{
      {"process.spawn a:p", "not allowed to spawn process: a:p"},
      {"process.host a:h", "not allowed to spawn on host: a:h"},
      {"process.spawn.monitored a:p", "not allowed to spawn monitored process: a:p"},
      {"process.spawn.linked a:p", "not allowed to spawn linked process: a:p"},
  };
  for (const auto& variant : variants) {
    const std::string call = std::string(variant.function) + "('a:p', 'a:h')";
    permissions_->deny("nothing");
    permissions_->asked();
    EXPECT_EQ(run("return process." + call), "nil <NotFound: host not found>") << call;
    EXPECT_EQ(permissions_->asked(), variant.asked);
    for (const std::string& asked : variant.asked) {
      const size_t space = asked.find(' ');
      const std::string action = asked.substr(0, space);
      const std::string resource = asked.substr(space + 1);
      EXPECT_EQ(denied(action, resource, "return process." + call), denial(messages.at(asked))) << call;
      EXPECT_EQ(denied(action, resource, "return process.with_context({}):" + call),
                denial(messages.at(asked)))
          << call;
    }
  }
}

TEST_F(PermissionTest, Exec) {
  for (const char* exec : {"process.exec", "process.with_context({}):exec"}) {
    const std::string call = "return " + std::string(exec) + "('a:p', 'a:h')";
    EXPECT_EQ(denied("process.exec", "a:p", call), denial("not allowed to exec process: a:p"));
    EXPECT_EQ(denied("process.host", "a:h", call), denial("not allowed to exec on host: a:h"));
  }
}

TEST_F(PermissionTest, OperationsOnProcesses) {
  for (const std::string verb : {"send", "cancel", "terminate", "monitor", "unmonitor", "link", "unlink"}) {
    const std::string more = verb == "send" ? ", 'topic'" : "";
    const std::string message = "not allowed to " + verb + ": ";
    EXPECT_EQ(denied("process." + verb, "{a:h|0x00001}",
                     "return process." + verb + "('{a:h|0x00001}'" + more + ")"),
              denial(message + "{a:h|0x00001}"));
    // The resource is what the name means; the message says what was given.
    const std::string by_name =
        "process.registry.register('me') return process." + verb + "('me'" + more + ")";
    EXPECT_EQ(denied("process." + verb, "me", by_name),
              verb == "terminate" ? "raised: process terminated" : "true nil");
    EXPECT_EQ(denied("process." + verb, "*", by_name), denial(message + "me"));
    EXPECT_NE(denied("process." + verb, "*", "return process." + verb + "('nobody'" + more + ")")
                  .find("could not resolve 'nobody'"),
              std::string::npos);
  }
}

TEST_F(PermissionTest, Spawner) {
  const std::string context = raised("not allowed to spawn processes with custom context");
  const std::string security = raised("not allowed to spawn processes with custom security context");
  const std::string network = raised("not allowed: network app:n");
  EXPECT_EQ(denied("process.context", "context", "return pcall(process.with_context, {})"), context);
  EXPECT_EQ(denied("process.context", "context", "return pcall(process.with_options, {})"), context);
  EXPECT_EQ(denied("network.select", "app:n", "return pcall(process.with_options, {network = 'app:n'})"),
            network);
  EXPECT_EQ(denied("network.select", "app:n",
                   "local s = process.with_context({}) return pcall(s.with_options, s, {network = 'app:n'})"),
            network);
  for (const char* with : {"s.with_actor, s, security.new_actor('a')",
                           "s.with_scope, s, security.new_scope()", "s.with_actor, s, nil"}) {
    EXPECT_EQ(denied("process.security", "security",
                     std::string("local s = process.with_context({}) return pcall(") + with + ")"),
              security);
  }
  // Only a spawner with an actor or a scope, its own or its maker's, has an identity to pass on.
  const std::string again = "local s = process.with_context({}) return pcall(s.with_context, s, {})";
  EXPECT_EQ(denied("process.security", "security", again), "true process.SpawnBuilder{}");
  auto frame = std::make_shared<Frame>();
  frame->actor = Actor{"ada", {}};
  setting_.frame = frame;
  EXPECT_EQ(denied("process.security", "security", again), security);
  EXPECT_EQ(permissions_->actor(), "ada");
  EXPECT_EQ(denied("process.security", "security",
                   "local s = process.with_options({}) return pcall(s.with_options, s, {})"),
            security);
}

TEST_F(PermissionTest, Names) {
  for (const std::string verb : {"register", "unregister"}) {
    const std::string first = verb == "register" ? "'n', nil, " : "'n', ";
    const std::string message = denial("not allowed to " + verb + " name: n");
    const char* suffixes[] = {"", ".eventual", ".consistent", ".strong"};
    for (int scope = 0; scope < 4; ++scope) {
      EXPECT_EQ(denied("process.registry." + verb + suffixes[scope], "n",
                       "return process.registry." + verb + "(" + first + std::to_string(scope) + ")"),
                message);
    }
    EXPECT_EQ(denied("process.registry." + verb, "n", "return process.registry." + verb + "('n')"), message);
  }
  EXPECT_EQ(
      denied("process.registry.foreign", "{a:h|0x1}", "return process.registry.register('n', '{a:h|0x1}')"),
      denial("not allowed to register foreign pid: {a:h|0x1}"));
  EXPECT_EQ(denied("process.registry.foreign", "*", "return process.registry.register('n', process.pid())"),
            "true nil");
}

TEST_F(PermissionTest, Security) {
  EXPECT_EQ(denied("security.actor.create", "ada", "return pcall(security.new_actor, 'ada')"),
            raised("not allowed to create actor: ada"));
  EXPECT_EQ(denied("security.scope.create", "custom", "return pcall(security.new_scope, {})"),
            raised("not allowed to create a custom scope"));
}

TEST_F(PermissionTest, Workflows) {
  EXPECT_EQ(denied("workflow.exec", "app:w", "return workflow.execute('app:w')"),
            denial("not allowed: app:w"));
  EXPECT_EQ(denied("workflow.exec", "app:w", "return workflow.exec('app:w')"), denial("not allowed: app:w"));
}

TEST_F(PermissionTest, SaysWhoAsks) {
  const std::string pid =
      denied("process.registry.register", "*", "process.registry.register('n') return process.pid()");
  EXPECT_EQ(permissions_->pid(), pid);
}

TEST_F(PermissionTest, WhatNeedsNone) {
  permissions_->deny("nothing");
  permissions_->asked();
  run("process.pid() process.id() process.inbox() process.events() process.unlisten(process.listen('t')) "
      "process.set_options(process.get_options()) process.registry.lookup('n') ");
  EXPECT_EQ(permissions_->asked(), std::vector<std::string>());
}

}  // namespace
}  // namespace trivium::lua
