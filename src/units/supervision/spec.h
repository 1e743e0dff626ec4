// What a supervision tree is made of, as described by process.supervisor entries. Plain data.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/duration.h"
#include "core/value.h"

namespace trivium::units {

// Which children begin anew when one has failed.
enum class Strategy {
  one_for_one,   // that one
  one_for_all,   // all
  rest_for_one,  // that one and those started after it
};

// Whether a child that ended is started again.
enum class RestartRule {
  permanent,  // always
  transient,  // if it failed
  temporary,  // never
};

// What decisions about a child depend on.
struct ChildRules {
  std::string id;  // unique among its siblings
  RestartRule restart = RestartRule::permanent;
  // How long it may take to end when asked to. Zero: it is not asked but killed. Nothing: as long as it
  // likes.
  std::optional<Duration> grace = std::chrono::seconds(5);
  bool dynamic = false;  // started on request: forgotten once it is gone for good
};

struct SupervisorSpec;

// A process, or a supervisor of its own.
struct ChildSpec {
  ChildRules rules;
  std::string process;  // entry; empty for a supervisor
  std::string host;
  Array input;       // arguments of main
  std::string name;  // registered for every incarnation; empty: none
  std::shared_ptr<const SupervisorSpec> supervisor;
};

// At most so many restarts within a period; one more, and the supervisor itself fails.
struct Intensity {
  int64_t restarts = 3;
  Duration period = std::chrono::seconds(5);
};

struct SupervisorSpec {
  std::string address;  // its entry, or "<address of the parent>/<child id>" if written inside another
  Strategy strategy = Strategy::one_for_one;
  Intensity intensity;
  std::vector<ChildSpec> children;  // in the order of start
  bool dynamic = false;             // takes children on request
  ChildSpec pattern;                // of these, what a request leaves out
  size_t max_children = 0;          // of these at once; 0: any number
};

std::string_view name_of(Strategy strategy);
std::string_view name_of(RestartRule rule);
std::optional<Strategy> parse_strategy(std::string_view text);
std::optional<RestartRule> parse_restart(std::string_view text);
// "5s", "kill" or "infinity", as ChildRules::grace.
std::optional<std::optional<Duration>> parse_grace(std::string_view text);

// How long stopping it may take at most, give or take children without a limit.
Duration stop_budget(const SupervisorSpec& spec);

}  // namespace trivium::units
