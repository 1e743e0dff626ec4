#include "modules/channel_sink.h"

namespace trivium::lua {

void ChannelSink::attach(lua_State* L) {
  channel_ = Channel::test(L, -1);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, this);
}

void ChannelSink::detach(lua_State* L) {
  if (channel_ == nullptr) return;
  channel_ = nullptr;
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, this);
}

void ChannelSink::push_channel(lua_State* L) const { lua_rawgetp(L, LUA_REGISTRYINDEX, this); }

void ChannelSink::close(Isolate& isolate, lua_State* L) {
  if (channel_ == nullptr) return;
  channel_->close(isolate, L);
  detach(L);
}

}  // namespace trivium::lua
