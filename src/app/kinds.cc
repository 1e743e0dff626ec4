#include "app/kinds.h"

#include <algorithm>

namespace trivium::app {
namespace {

constexpr std::string_view passive[] = {"registry.entry", "ns.definition", "ns.requirement", "ns.dependency"};

// Everything the format names. What a handler registers is known and never looked up here.
constexpr std::string_view of_format[] = {"function.lua",
                                          "process.lua",
                                          "workflow.lua",
                                          "library.lua",
                                          "module.lua",
                                          "function.lua.bc",
                                          "process.lua.bc",
                                          "workflow.lua.bc",
                                          "library.lua.bc",
                                          "function.wat",
                                          "function.wasm",
                                          "process.wasm",
                                          "process.host",
                                          "process.service",
                                          "terminal.host",
                                          "workflow.sqlite",
                                          "workflow.postgres",
                                          "workflow.worker",
                                          "temporal.client",
                                          "temporal.worker",
                                          "pg.scope",
                                          "http.service",
                                          "http.router",
                                          "http.endpoint",
                                          "http.static",
                                          "db.sql.sqlite",
                                          "db.sql.postgres",
                                          "db.sql.mysql",
                                          "db.cdc.postgres",
                                          "store.memory",
                                          "store.sql",
                                          "store.kv.raft",
                                          "store.kv.crdt",
                                          "queue.driver.memory",
                                          "queue.driver.amqp",
                                          "queue.driver.sqs",
                                          "queue.queue",
                                          "queue.consumer",
                                          "fs.directory",
                                          "fs.embed",
                                          "config.aws",
                                          "cloudstorage.s3",
                                          "env.storage.os",
                                          "env.storage.memory",
                                          "env.storage.file",
                                          "env.storage.static",
                                          "env.storage.router",
                                          "env.variable",
                                          "template.set",
                                          "template.jet",
                                          "security.policy",
                                          "security.policy.expr",
                                          "security.token_store",
                                          "contract.definition",
                                          "contract.binding",
                                          "exec.native",
                                          "exec.docker",
                                          "network.socks5",
                                          "network.i2p",
                                          "network.tailscale"};

}  // namespace

Kinds::Kinds() {
  for (std::string_view kind : passive) add(std::string(kind));
}

void Kinds::add(std::string kind, EntryCheck check) {
  checks_.insert_or_assign(std::move(kind), std::move(check));
}

void Kinds::check(const Entry& entry, const FieldContext& context, Problems& problems) const {
  auto found = checks_.find(entry.kind);
  if (found != checks_.end() && found->second) found->second(entry, context, problems);
}

std::vector<std::string> Kinds::names() const {
  std::vector<std::string> names;
  for (const auto& [kind, check] : checks_) names.push_back(kind);
  return names;
}

bool is_passive_kind(std::string_view kind) {
  return std::find(std::begin(passive), std::end(passive), kind) != std::end(passive);
}

bool is_planned_kind(std::string_view kind) {
  return std::find(std::begin(of_format), std::end(of_format), kind) != std::end(of_format);
}

}  // namespace trivium::app
