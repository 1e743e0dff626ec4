// Which permissions contracts ask for, and what a denial looks like.
#include <string>

#include "modules/contract_module.h"
#include "modules/security_module.h"
#include "modules/unit_test_state.h"
#include "services/contracts.h"

namespace trivium::lua {
namespace {

class DenyingOne final : public units::Permissions {
 public:
  bool allows(const FrameRef&, std::string_view action, std::string_view resource,
              const Object&) const override {
    return std::string(action) + " " + std::string(resource) != denied;
  }
  std::string denied;
};

app::EntryPtr entry(const std::string& name, std::string_view kind, Object fields) {
  auto made = std::make_shared<app::Entry>();
  made->id = EntryId{"app", name};
  made->kind = kind;
  made->meta = Object();
  made->data = std::move(fields);
  return made;
}

class ContractPermissionTest : public UnitTest {
 protected:
  ContractPermissionTest() : UnitTest({&contract_module, &security_module}) {
    const app::Snapshot snapshot(
        1, {entry("greeter", "contract.definition",
                  {{"methods", Array{Object{{"name", "hello"}}, Object{{"name", "bye"}}}}}),
            entry("english", "contract.binding",
                  {{"contracts",
                    Array{Object{{"contract", "app:greeter"},
                                 {"default", true},
                                 {"methods", Object{{"hello", "app:absent"}, {"bye", "app:absent"}}}}}}})});
    app::Problems problems;
    app::FieldContext context;
    context.snapshot = &snapshot;
    const auto contracts = std::make_shared<services::Contracts>();
    contracts->apply(snapshot, context, problems);
    EXPECT_TRUE(problems.empty());
    node().set_service(contracts);
    node().set_permissions(permissions_);
  }

  std::string denied(const std::string& what, const std::string& body) {
    permissions_->denied = what;
    return run(body);
  }

  const std::shared_ptr<DenyingOne> permissions_ = std::make_shared<DenyingOne>();
};

std::string denial(const std::string& message) { return "nil <PermissionDenied: " + message + ">"; }

TEST_F(ContractPermissionTest, Get) {
  EXPECT_EQ(denied("contract.get app:greeter", "return contract.get('app:greeter')"),
            denial("not allowed to access contract: app:greeter"));
  EXPECT_EQ(denied("contract.get app:nope", "return contract.get('app:nope')"),
            denial("not allowed to access contract: app:nope"));
  EXPECT_EQ(denied("contract.get app:other", "return contract.get('app:greeter')"),
            "contract.Contract{app:greeter} nil");
}

TEST_F(ContractPermissionTest, Implementations) {
  const std::string what = "contract.implementations app:greeter";
  EXPECT_EQ(denied(what, "return contract.find_implementations('app:greeter')"),
            denial("not allowed to list implementations: app:greeter"));
  EXPECT_EQ(denied(what, "return #contract.get('app:greeter'):implementations()"), "1");
}

// Of the id without its query, also when it is the default one.
TEST_F(ContractPermissionTest, Open) {
  const std::string refused = denial("not allowed to open binding: app:english");
  for (const char* open :
       {"contract.open('app:english')", "contract.open('app:english?a=1')",
        "contract.get('app:greeter'):open()", "contract.get('app:greeter'):open('app:english?b=2')"}) {
    EXPECT_EQ(denied("contract.open app:english", std::string("return ") + open), refused) << open;
  }
  EXPECT_EQ(denied("contract.open app:nope", "return contract.open('app:nope')"),
            denial("not allowed to open binding: app:nope"));
}

TEST_F(ContractPermissionTest, Call) {
  const std::string open = "local it = contract.open('app:english') ";
  EXPECT_EQ(denied("contract.call hello", open + "return it:hello()"),
            denial("not allowed to call method: hello"));
  EXPECT_EQ(denied("contract.call hello", open + "return it:hello_async()"),
            denial("not allowed to call method: hello"));
  EXPECT_EQ(denied("contract.call hello", open + "local _, e = it:bye() return e:kind()"), "NotFound");
}

TEST_F(ContractPermissionTest, Builders) {
  const std::string get = "local c = contract.get('app:greeter') return c:";
  EXPECT_EQ(denied("contract.context context", get + "with_context({})"),
            denial("not allowed to use contracts with custom context"));
  const std::string security = denial("not allowed to use contracts with custom security context");
  for (const char* with : {"with_actor(security.new_actor('a'))", "with_scope(security.new_scope())",
                           "with_actor(nil)", "with_scope()"}) {
    EXPECT_EQ(denied("contract.security security", get + with), security) << with;
  }
  EXPECT_EQ(denied("contract.security security", get + "with_options({})"), "contract.Contract{app:greeter}");
}

}  // namespace
}  // namespace trivium::lua
