#include "services/env_commands.h"

#include "services/env.h"
#include "units/commands/from_pool.h"

namespace trivium::services {
namespace {

std::string home_of(const units::Process& process) { return EntryId::parse(process.entry()).ns; }

template <class Work>
lua::Dispatch carry_out(units::Process& process, lua::OpId op, lua::Reply& reply, bool blocks, Work work) {
  if (!blocks) return units::answer(reply, work());
  return units::reply_from_pool(process, op, reply, std::move(work));
}

Result<Object> everything(const Env& env) {
  Result<EnvValues> values = env.all();
  if (!values) return fail(std::move(values.error()));
  Object table;
  for (auto& [key, value] : *values) table.append(key, std::move(value));
  return table;
}

// A runtime without env entries has an empty environment.
std::shared_ptr<Env> env_of(units::Process& process) {
  std::shared_ptr<Env> env = process.node().service<Env>();
  return env ? env : std::make_shared<Env>();
}

}  // namespace

lua::Dispatch EnvGet::perform(units::Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<Env> env = env_of(process);
  std::string home = home_of(process);
  const bool blocks = env->blocks(key, home);
  return carry_out(process, op, reply, blocks,
                   [env, key = std::move(key), home = std::move(home)] { return env->get(key, home); });
}

lua::Dispatch EnvSet::perform(units::Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<Env> env = env_of(process);
  std::string home = home_of(process);
  const bool blocks = env->blocks(key, home);
  return carry_out(process, op, reply, blocks,
                   [env, key = std::move(key), home = std::move(home), value = std::move(value)] {
                     return env->set(key, home, value);
                   });
}

lua::Dispatch EnvAll::perform(units::Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<Env> env = env_of(process);
  return carry_out(process, op, reply, env->blocks(), [env] { return everything(*env); });
}

}  // namespace trivium::services
