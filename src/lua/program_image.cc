#include "lua/program_image.h"

#include "lua/program.h"
#include "lua/sandbox/sandbox.h"

namespace trivium::lua {
namespace {

constexpr char loader_key = 0;

struct Preparation {
  const EntryProgram& program;
  const Environment& environment;
};

int prepare_protected(lua_State* L) {
  const auto* what = static_cast<const Preparation*>(lua_touserdata(L, 1));
  lua_settop(L, 0);
  prepare_program(L, what->program, what->environment);
  return 0;
}

std::unique_ptr<const StateImage> take_image(const EntryProgram& program, const Environment& environment,
                                             unsigned seed) {
  // Loaded code takes a few times the room of its bytecode, and what is given back while it is loaded is not
  // used again; what is not used costs nothing but a while.
  size_t room = 256 * 1024 + 16 * program.main.bytecode.size();
  for (const Chunk& library : program.libraries) room += 16 * library.bytecode.size();
  Preparation what{program, environment};
  return StateImage::take(seed, room, [&](lua_State* L) {
    lua_pushcfunction(L, prepare_protected);
    lua_pushlightuserdata(L, &what);
    return lua_pcall(L, 1, 0, 0) == LUA_OK;
  });
}

void load_chunk(lua_State* L, const Chunk& chunk) {
  const std::string name = "=" + chunk.id;
  if (luaL_loadbufferx(L, chunk.bytecode.data(), chunk.bytecode.size(), name.c_str(), "b") != LUA_OK)
    lua_error(L);
}

}  // namespace

const StateImage* ProgramImage::of(const EntryProgram& program, const Environment& environment,
                                   unsigned seed) const {
  if (!used_.load(std::memory_order_relaxed) && !used_.exchange(true)) return nullptr;
  std::call_once(taken_, [&] {
    environment_ = &environment;
    seed_ = seed;
    image_ = take_image(program, environment, seed);
  });
  return environment_ == &environment && seed_ == seed ? image_.get() : nullptr;
}

void prepare_program(lua_State* L, const EntryProgram& program, const Environment& environment) {
  open_sandbox(L, environment.hooks());
  lua_State* const loader = lua_newthread(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &loader_key);
  luaL_checkstack(loader, static_cast<int>(program.libraries.size()) + 10, "too many libraries");
  load_chunk(L, program.main);
  lua_xmove(L, loader, 1);
  for (auto library = program.libraries.rbegin(); library != program.libraries.rend(); ++library) {
    load_chunk(L, *library);
    lua_xmove(L, loader, 1);
  }
}

lua_State* prepared_loader(lua_State* L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loader_key);
  lua_State* const loader = lua_tothread(L, -1);
  lua_pop(L, 1);
  return loader;
}

void release_loader(lua_State* L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loader_key);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &loader_key);
}

}  // namespace trivium::lua
