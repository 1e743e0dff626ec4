// Shorthands for commands that are answered at once.
#pragma once

#include "core/frame.h"
#include "lua/host.h"
#include "units/commands/call.h"

namespace trivium::units {

inline lua::Dispatch answer(lua::Reply& reply, Value value) {
  reply = lua::Reply::of(std::move(value));
  return lua::Dispatch::done;
}

inline lua::Dispatch refuse(lua::Reply& reply, Error error) {
  reply = lua::Reply::failure(std::move(error));
  return lua::Dispatch::done;
}

// The commonest answer, without the detour through a value.
inline lua::Dispatch answer_true(lua::Reply& reply) {
  reply.values.bytes.push_back(static_cast<char>(wire::true_));
  reply.values.count = 1;
  return lua::Dispatch::done;
}

template <class T>
lua::Dispatch answer(lua::Reply& reply, Result<T> result) {
  if (!result) return refuse(reply, std::move(result.error()));
  return answer(reply, Value(std::move(*result)));
}

inline lua::Dispatch answer(lua::Reply& reply, Result<void> result) {
  if (!result) return refuse(reply, std::move(result.error()));
  return answer(reply, Value(true));
}

// `base` with what the settings change; `base` itself when they change nothing.
FrameRef overlay(const FrameRef& base, const CallSettings& settings);

}  // namespace trivium::units
