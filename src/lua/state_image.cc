#include "lua/state_image.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

// Lua's own headers: the size of a stack.
#include "ldo.h"
#include "lstate.h"

namespace trivium::lua {
namespace {

// The main state's stack carries little: beside what is on it, a C function and the call of it.
int stack_size(const lua_State* L) { return static_cast<int>(L->top - L->stack) + LUA_MINSTACK + 3; }

// One of the two: a region and the state built in it.
class Exposure {
 public:
  Exposure(unsigned seed, size_t room) : memory_(0, seed), words_(room / sizeof(uintptr_t)) {
    // The second half of a granule, at most, is lost to alignment.
    auto* begin = reinterpret_cast<std::byte*>(words_.data());
    const size_t off = reinterpret_cast<uintptr_t>(begin) % Memory::granule;
    begin_ = off == 0 ? begin : begin + (Memory::granule - off);
    memory_.without_lexer();
    memory_.confine(begin_, words_.size() * sizeof(uintptr_t) - Memory::granule);
  }
  ~Exposure() {
    if (L_ != nullptr) lua_close(L_);
  }
  Exposure(const Exposure&) = delete;
  Exposure& operator=(const Exposure&) = delete;

  bool build(const StateImage::Build& build) {
    L_ = lua_newstate(Memory::allocate, &memory_);
    if (L_ == nullptr || !build(L_)) return false;
    lua_gc(L_, LUA_GCCOLLECT);
    return luaD_reallocstack(L_, stack_size(L_), 0) != 0;
  }

  lua_State* state() const { return L_; }
  size_t used() const { return memory_.used(); }
  Memory::FreeBlocks free() const { return memory_.confined_free(); }
  size_t size() const { return memory_.confined_size(); }
  const std::byte* begin() const { return begin_; }
  uintptr_t address() const { return reinterpret_cast<uintptr_t>(begin_); }
  // Its words, without the one pointer that is known to lead out of it.
  std::vector<uintptr_t> words() {
    lua_setallocf(L_, Memory::allocate, nullptr);
    std::vector<uintptr_t> copy(size() / sizeof(uintptr_t));
    std::memcpy(copy.data(), begin_, copy.size() * sizeof(uintptr_t));
    lua_setallocf(L_, Memory::allocate, &memory_);
    return copy;
  }

 private:
  Memory memory_;
  std::vector<uintptr_t> words_;
  std::byte* begin_ = nullptr;
  lua_State* L_ = nullptr;
};

bool hashed_by_address(lua_State* L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TTABLE:
    case LUA_TTHREAD:
    case LUA_TUSERDATA:
      return true;
    case LUA_TFUNCTION:
      return lua_iscfunction(L, index) == 0 || lua_getupvalue(L, index, 1) != nullptr;
    default:
      return false;
  }
}

// Whether the table on top of the stack and all tables below it can be moved. Pops it.
bool tables_can_move(lua_State* L, std::unordered_set<const void*>& seen) {
  const int table = lua_gettop(L);
  bool movable = true;
  if (lua_checkstack(L, 10) == 0) {
    movable = false;
  } else if (seen.insert(lua_topointer(L, table)).second) {
    if (lua_getmetatable(L, table) != 0) movable = tables_can_move(L, seen);
    lua_pushnil(L);
    while (movable && lua_next(L, table) != 0) {
      movable = !hashed_by_address(L, table + 1);
      lua_settop(L, table + 2);
      if (movable && lua_istable(L, -1)) {
        movable = tables_can_move(L, seen);
      } else {
        lua_pop(L, 1);
      }
    }
  }
  lua_settop(L, table - 1);
  return movable;
}

bool can_move(lua_State* L) {
  std::unordered_set<const void*> seen;
  lua_pushvalue(L, LUA_REGISTRYINDEX);
  return tables_can_move(L, seen);
}

}  // namespace

std::unique_ptr<const StateImage> StateImage::take(unsigned seed, size_t room, const Build& build) {
  Exposure first(seed, room);
  Exposure second(seed, room);
  if (!first.build(build) || !second.build(build) || first.size() != second.size()) return nullptr;
  std::unique_ptr<StateImage> image(new StateImage);
  image->words_ = first.words();
  const std::vector<uintptr_t> other = second.words();
  for (size_t i = 0; i < other.size(); ++i) {
    uintptr_t& word = image->words_[i];
    if (word == other[i]) continue;
    const uintptr_t distance = word - first.address();
    if (distance > first.size() || other[i] - second.address() != distance) return nullptr;
    word = distance;
    image->pointers_.push_back(static_cast<uint32_t>(i));
  }
  image->state_at_ = static_cast<size_t>(reinterpret_cast<std::byte*>(first.state()) - first.begin());
  image->used_ = first.used();
  image->free_ = first.free();
  if (!can_move(first.state())) return nullptr;
  return image;
}

void StateImage::note_growth(size_t bytes) const {
  constexpr size_t least = 64;
  constexpr size_t most = 4096;
  const size_t growth = std::clamp(bytes, least, most);
  // Written by few: all others find what they would write.
  if (growth_.load(std::memory_order_relaxed) != growth) growth_.store(growth, std::memory_order_relaxed);
}

lua_State* StateImage::instantiate(Memory& memory) const {
  std::byte* const begin = memory.place(size(), used_, free_, growth_.load(std::memory_order_relaxed));
  if (begin == nullptr) return nullptr;
  std::memcpy(begin, words_.data(), size());
  auto* const words = reinterpret_cast<uintptr_t*>(begin);
  const auto base = reinterpret_cast<uintptr_t>(begin);
  for (const uint32_t at : pointers_) words[at] += base;
  auto* const L = reinterpret_cast<lua_State*>(begin + state_at_);
  lua_setallocf(L, Memory::allocate, &memory);
  return L;
}

}  // namespace trivium::lua
