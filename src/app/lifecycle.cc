#include "app/lifecycle.h"

#include <algorithm>

namespace trivium::app {
namespace {

Duration timeout(Fields& fields, std::string_view path, Duration fallback) {
  const Duration value = fields.duration(path, fallback, Duration::zero());
  return value == Duration::zero() ? fallback : value;
}

double factor(Fields& fields, std::string_view path, double fallback) {
  const double value = fields.number(path, fallback);
  return value == 0 ? fallback : value;
}

void add_required(Fields& fields, std::string_view path, std::vector<EntryId>& into) {
  const IdRule rule{.exists = true, .groups = true};
  // A single reference is as good as a list of one.
  const Value* found = fields.entry().field(path);
  const bool single = found != nullptr && found->is_string();
  for (EntryId& id : single ? std::vector<EntryId>{fields.id(path, rule)} : fields.ids(path, rule)) {
    if (id.name.empty() || std::find(into.begin(), into.end(), id) != into.end()) continue;
    into.push_back(std::move(id));
  }
}

}  // namespace

Lifecycle read_lifecycle(Fields& fields) {
  Lifecycle lifecycle;
  const Value* block = fields.entry().field("lifecycle");
  if (block == nullptr) return lifecycle;
  if (!block->is_object()) {
    fields.problem("lifecycle", "must be a map, not " + with_article(block->type_name()));
    return lifecycle;
  }
  lifecycle.auto_start = fields.boolean("lifecycle.auto_start", false);
  lifecycle.start_timeout = timeout(fields, "lifecycle.start_timeout", lifecycle.start_timeout);
  lifecycle.stop_timeout = timeout(fields, "lifecycle.stop_timeout", lifecycle.stop_timeout);
  lifecycle.stable_threshold = timeout(fields, "lifecycle.stable_threshold", lifecycle.stable_threshold);
  add_required(fields, "lifecycle.requires", lifecycle.requires_ids);
  add_required(fields, "lifecycle.depends_on", lifecycle.requires_ids);
  lifecycle.optional = fields.text("lifecycle.startup") == "optional";

  RestartPolicy& restart = lifecycle.restart;
  restart.initial_delay = timeout(fields, "lifecycle.restart.initial_delay", restart.initial_delay);
  restart.max_delay = timeout(fields, "lifecycle.restart.max_delay", restart.max_delay);
  restart.backoff_factor = factor(fields, "lifecycle.restart.backoff_factor", restart.backoff_factor);
  restart.jitter = factor(fields, "lifecycle.restart.jitter", restart.jitter);
  restart.max_attempts = fields.integer("lifecycle.restart.max_attempts", 0, {.min = 0});

  if (fields.has("lifecycle.security")) {
    ServiceSecurity& security = lifecycle.security;
    security.present = true;
    security.actor_id = fields.text("lifecycle.security.actor.id");
    security.actor_meta = fields.value("lifecycle.security.actor.meta");
    security.groups = fields.ids("lifecycle.security.groups");
    security.policies = fields.ids("lifecycle.security.policies");
  }
  return lifecycle;
}

}  // namespace trivium::app
