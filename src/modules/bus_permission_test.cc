// Which permissions the event bus and process groups ask for, and what a denial looks like.
#include <set>

#include "modules/events_module.h"
#include "modules/pg_module.h"
#include "modules/unit_test_state.h"
#include "units/process_groups.h"

namespace trivium::lua {
namespace {

// Denies what is on the list: "action resource".
class Denying final : public units::Permissions {
 public:
  bool allows(const FrameRef&, std::string_view action, std::string_view resource,
              const Object&) const override {
    return !denied.contains(std::string(action) + " " + std::string(resource));
  }
  std::set<std::string> denied;
};

class BusPermissionTest : public UnitTest {
 protected:
  BusPermissionTest() : UnitTest({&events_module, &pg_module}) {
    const auto scope = std::make_shared<units::ProcessGroups>(units::GroupOptions());
    scope->start();
    const auto scopes = std::make_shared<units::GroupScopes>([](const std::string&) { return false; });
    scopes->add("app:scope", scope);
    node().set_service(scopes);
    node().set_permissions(permissions_);
  }

  std::string denied(const std::string& what, const std::string& body) {
    permissions_->denied = {what};
    return run(body);
  }
  std::string denied_group(const std::string& what, const std::string& call) {
    return denied(what, "local g = pg.open('app:scope') return g:" + call);
  }

  const std::shared_ptr<Denying> permissions_ = std::make_shared<Denying>();
};

TEST_F(BusPermissionTest, EventsAreRefusedAsInvalid) {
  EXPECT_EQ(denied("events.subscribe sys*", "return events.subscribe('sys*')"),
            "nil <Invalid: not allowed to subscribe to events from system: sys*>");
  EXPECT_EQ(denied("events.send sys", "return events.send('sys', 'k', 'p')"),
            "nil <Invalid: not allowed to send events to system: sys>");
  EXPECT_EQ(denied("events.send sys", "return events.send('other', 'k', 'p')"), "true nil");
}

TEST_F(BusPermissionTest, OfAScope) {
  EXPECT_EQ(denied("pg.open app:scope", "return pg.open('app:scope')"),
            "nil <PermissionDenied: not allowed to access pg scope: app:scope>");
  EXPECT_EQ(denied("pg.open app:other", "return pg.open('app:scope')"), "pg.Instance{app:scope}");
}

TEST_F(BusPermissionTest, EveryMethodAsksForItsOwn) {
  const struct {
    const char* action;
    const char* call;
    const char* deed;
  } methods[] = {
      {"join", "join('x')", "join group"},
      {"leave", "leave('x')", "leave group"},
      {"get_members", "get_members('x')", "list members of group"},
      {"get_local_members", "get_local_members('x')", "list members of group"},
      {"broadcast", "broadcast('x', 't')", "broadcast to group"},
      {"broadcast_local", "broadcast_local('x', 't')", "broadcast to group"},
  };
  for (const auto& method : methods) {
    EXPECT_EQ(denied_group(std::string("pg.") + method.action + " x", method.call),
              std::string("nil <PermissionDenied: not allowed to ") + method.deed + ": x>");
  }
  EXPECT_EQ(denied_group("pg.monitor x", "monitor('x')"),
            "nil nil <PermissionDenied: not allowed to monitor group: x>");
  EXPECT_EQ(denied_group("pg.events ", "events()"),
            "nil nil <PermissionDenied: not allowed to monitor all groups: >");
  for (const std::string which : {"which_groups", "which_local_groups"}) {
    EXPECT_EQ(denied_group("pg." + which + " ", which + "()"),
              "nil <PermissionDenied: not allowed to list groups: >");
  }
}

TEST_F(BusPermissionTest, OneDeniedGroupOfSeveralRefusesAll) {
  EXPECT_EQ(denied("pg.join b",
                   "local g = pg.open('app:scope') local ok, err = g:join({'a', 'b', 'c'}) "
                   "return err, #g:which_groups()"),
            "<PermissionDenied: not allowed to join group: b> 0");
  EXPECT_EQ(denied("pg.leave b",
                   "local g = pg.open('app:scope') g:join({'a', 'b'}) local ok, err = g:leave({'a', 'b'}) "
                   "return err, #g:which_groups()"),
            "<PermissionDenied: not allowed to leave group: b> 2");
}

}  // namespace
}  // namespace trivium::lua
