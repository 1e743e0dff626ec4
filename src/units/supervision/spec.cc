#include "units/supervision/spec.h"

namespace trivium::units {

std::string_view name_of(Strategy strategy) {
  static constexpr std::string_view names[] = {"one_for_one", "one_for_all", "rest_for_one"};
  return names[static_cast<size_t>(strategy)];
}

std::string_view name_of(RestartRule rule) {
  static constexpr std::string_view names[] = {"permanent", "transient", "temporary"};
  return names[static_cast<size_t>(rule)];
}

std::optional<Strategy> parse_strategy(std::string_view text) {
  for (const Strategy known : {Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one}) {
    if (text == name_of(known)) return known;
  }
  return std::nullopt;
}

std::optional<RestartRule> parse_restart(std::string_view text) {
  for (const RestartRule known : {RestartRule::permanent, RestartRule::transient, RestartRule::temporary}) {
    if (text == name_of(known)) return known;
  }
  return std::nullopt;
}

std::optional<std::optional<Duration>> parse_grace(std::string_view text) {
  using Grace = std::optional<Duration>;
  if (text == "infinity") return Grace();
  if (text == "kill") return Grace(Duration::zero());
  const std::optional<Duration> duration = parse_duration(text);
  if (!duration || *duration < Duration::zero()) return std::nullopt;
  return Grace(*duration);
}

Duration stop_budget(const SupervisorSpec& spec) {
  constexpr Duration unlimited = std::chrono::seconds(10);
  const auto of_child = [&](const ChildSpec& child) {
    if (child.supervisor) return child.rules.grace.value_or(stop_budget(*child.supervisor));
    return child.rules.grace.value_or(unlimited);
  };
  Duration sum = Duration::zero();
  for (const ChildSpec& child : spec.children) sum += of_child(child);
  if (spec.dynamic) sum += of_child(spec.pattern);  // these end side by side
  return sum;
}

}  // namespace trivium::units
