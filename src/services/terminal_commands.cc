#include "services/terminal_commands.h"

#include "services/terminal.h"
#include "units/commands/from_pool.h"

namespace trivium::services {
namespace {

std::shared_ptr<Terminal> terminal_of(units::Process& process) {
  const std::shared_ptr<Terminals> terminals = process.node().service<Terminals>();
  return terminals ? terminals->of(process.host_id()) : nullptr;
}

lua::Dispatch no_terminal(lua::Reply& reply) {
  return units::refuse(reply, Error::of(kind::unavailable, "no terminal context"));
}

}  // namespace

lua::Dispatch TerminalWrite::perform(units::Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<Terminal> terminal = terminal_of(process);
  if (!terminal) return no_terminal(reply);
  TerminalOutput& stream = to_errors ? terminal->errors() : terminal->output();
  if (std::optional<Result<>> done = stream.try_write(text)) return units::answer(reply, std::move(*done));
  return units::reply_from_pool(process, op, reply,
                                [terminal, &stream, text = std::move(text)] { return stream.write(text); });
}

lua::Dispatch TerminalRead::perform(units::Process& process, lua::OpId op, lua::Reply& reply) {
  const std::shared_ptr<Terminal> terminal = terminal_of(process);
  if (!terminal) return no_terminal(reply);
  return units::reply_from_pool(process, op, reply, [terminal, limit = limit] {
    return limit == 0 ? terminal->input().read_line() : terminal->input().read(limit);
  });
}

lua::Dispatch TerminalRaw::perform(units::Process& process, lua::OpId, lua::Reply& reply) {
  const std::shared_ptr<Terminal> terminal = terminal_of(process);
  if (!terminal) return no_terminal(reply);
  const uint64_t holder = process.serial();
  if (!on) return units::answer(reply, terminal->mode().release(holder));
  const Result<bool> first = terminal->mode().hold(holder);
  if (!first) return units::refuse(reply, first.error());
  if (*first) process.at_end(0, [terminal, holder] { terminal->mode().release_all(holder); });
  return units::answer(reply, Value(true));
}

lua::Dispatch TerminalArguments::perform(units::Process& process, lua::OpId, lua::Reply& reply) {
  Array arguments;
  if (terminal_of(process)) arguments = decode_values(process.arguments());
  std::erase_if(arguments, [](const Value& value) { return !value.is_string(); });
  return units::answer(reply, Value(std::move(arguments)));
}

}  // namespace trivium::services
