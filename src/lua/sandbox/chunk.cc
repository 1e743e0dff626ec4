#include "lua/sandbox/chunk.h"

#include <memory>

#include "lua/memory.h"

namespace trivium::lua {
namespace {

int append_bytes(lua_State*, const void* data, size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return 0;
}

// Loads a chunk whose name shows unchanged in messages ("=" says so to Lua).
Result<void> load(lua_State* L, std::string_view chunk, std::string_view chunk_name, const char* mode) {
  const std::string name = "=" + std::string(chunk_name);
  if (luaL_loadbufferx(L, chunk.data(), chunk.size(), name.c_str(), mode) == LUA_OK) return {};
  std::string message = lua_tostring(L, -1);
  lua_pop(L, 1);
  return fail(kind::invalid, std::move(message));
}

}  // namespace

Result<std::string> compile_to_bytecode(std::string_view lua_source, std::string_view chunk_name) {
  Memory memory(0, 0);
  const std::unique_ptr<lua_State, void (*)(lua_State*)> state(lua_newstate(Memory::allocate, &memory),
                                                               lua_close);
  if (state == nullptr) return fail(kind::internal, "out of memory");
  if (auto loaded = load(state.get(), lua_source, chunk_name, "t"); !loaded) {
    return fail(std::move(loaded.error()));
  }
  std::string bytecode;
  constexpr int keep_debug_information = 0;
  lua_dump(state.get(), append_bytes, &bytecode, keep_debug_information);
  return bytecode;
}

Result<void> load_bytecode(lua_State* L, std::string_view bytecode, std::string_view chunk_name) {
  return load(L, bytecode, chunk_name, "b");
}

}  // namespace trivium::lua
