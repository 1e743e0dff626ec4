#include "lua/state_image.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_set>
#include <utility>

#include "lua/image_region.h"
#include "lua/shared_objects.h"

// Lua's own headers: the size of a stack.
#include "ldo.h"
#include "lstate.h"
#include "lstring.h"

namespace trivium::lua {
namespace {

constexpr size_t word_size = sizeof(uintptr_t);

size_t words_in(size_t bytes) { return (bytes + word_size - 1) / word_size; }

// The main state's stack carries little: beside what is on it, a C function and the call of it.
int stack_size(const lua_State* L) { return static_cast<int>(L->top - L->stack) + LUA_MINSTACK + 3; }

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

// One of the two: a region and the state built in it. Nothing in the state needs to be closed: its memory is
// the region.
class Exposure {
 public:
  Exposure(unsigned seed, size_t room) : region_(seed, room) {}

  bool build(const StateImage::Build& build) {
    L_ = lua_newstate(ImageRegion::allocate, region_.memory());
    if (L_ == nullptr) return false;
    lua_gc(L_, LUA_GCSTOP);
    if (!build(L_) || !can_move(L_)) return false;
    shared_ = take_shared_objects(L_);
    lua_gc(L_, LUA_GCRESTART);
    lua_gc(L_, LUA_GCCOLLECT);
    constexpr int own_strings = 16;
    luaS_resize(L_, own_strings);
    if (luaD_reallocstack(L_, stack_size(L_), 0) == 0) return false;
    lua_setallocf(L_, Memory::allocate, nullptr);  // the one pointer that is known to lead out of it
    return true;
  }

  const ImageRegion& region() const { return region_; }
  const lua_State* state() const { return L_; }
  const SharedObjects& shared() const { return shared_; }

 private:
  ImageRegion region_;
  lua_State* L_ = nullptr;
  SharedObjects shared_;
};

// Where a block of the first region goes.
struct Place {
  size_t size;
  size_t to;  // bytes from the beginning of what it is part of
  bool shared;
};
using Places = std::map<size_t, Place>;  // by where it was

// Null where the blocks that should be shared are none of the region.
std::optional<Places> arrange(const Exposure& exposure) {
  Places places;
  for (const auto& [at, size] : exposure.region().blocks()) places.emplace(at, Place{size, 0, false});
  for (const auto& [begin, size] : exposure.shared().blocks) {
    const auto found = places.find(exposure.region().at(begin));
    if (found == places.end() || found->second.size != size) return std::nullopt;
    found->second.shared = true;
  }
  size_t own = 0;
  size_t shared = 0;
  for (auto& [at, place] : places) {
    place.to = std::exchange(place.shared ? shared : own,
                             (place.shared ? shared : own) + words_in(place.size) * word_size);
  }
  return places;
}

// The block a pointer leads to, or whose end it is: bytes from the beginning of what it is part of. Nothing:
// what it led to is gone, and nobody follows it.
struct Target {
  bool shared;
  size_t to;
};
std::optional<Target> target_of(const Places& places, size_t at) {
  auto after = places.upper_bound(at);
  if (after == places.begin()) return std::nullopt;
  const auto& [from, place] = *--after;
  if (at > from + place.size) return std::nullopt;
  return Target{place.shared, place.to + (at - from)};
}

}  // namespace

std::unique_ptr<const StateImage> StateImage::take(unsigned seed, size_t room, const Build& build) {
  Exposure first(seed, room);
  Exposure second(seed, room);
  if (!first.build(build) || !second.build(build)) return nullptr;
  const ImageRegion& region = first.region();
  const ImageRegion& other = second.region();
  if (region.blocks() != other.blocks()) return nullptr;
  const std::optional<Places> places = arrange(first);
  if (!places) return nullptr;

  std::unique_ptr<StateImage> image(new StateImage);
  image->shared_.resize(words_in(first.shared().size + first.shared().blocks.size() * word_size));
  const auto shared_base = reinterpret_cast<uintptr_t>(image->shared_.data());
  for (const auto& [from, place] : *places) {
    if (!place.shared) {
      image->words_.resize((place.to + place.size + word_size - 1) / word_size);
      image->used_ += place.size;
    }
    for (size_t i = 0; i < words_in(place.size); ++i) {
      uintptr_t word = region.word(from + i * word_size);
      if (const uintptr_t twin = other.word(from + i * word_size); word != twin) {
        const size_t at = region.at(reinterpret_cast<const void*>(word));
        if (at > region.size() || other.at(reinterpret_cast<const void*>(twin)) != at) return nullptr;
        const std::optional<Target> target = target_of(*places, at);
        if (!target) {
          word = 0;
        } else if (target->shared) {
          word = shared_base + target->to;
        } else if (place.shared) {
          return nullptr;
        } else {
          word = target->to;
          image->pointers_.push_back(static_cast<uint32_t>(place.to / word_size + i));
        }
      }
      (place.shared ? image->shared_ : image->words_)[place.to / word_size + i] = word;
    }
  }
  image->state_at_ = target_of(*places, region.at(first.state()))->to;
  std::vector<TString*> strings;
  strings.reserve(first.shared().short_strings.size());
  for (TString* const string : first.shared().short_strings) {
    strings.push_back(reinterpret_cast<TString*>(shared_base + target_of(*places, region.at(string))->to));
  }
  image->strings_ = SharedStrings(strings);
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
  std::byte* const begin = memory.place(size(), used_, growth_.load(std::memory_order_relaxed));

  if (begin == nullptr) return nullptr;
  std::memcpy(begin, words_.data(), size());
  auto* const words = reinterpret_cast<uintptr_t*>(begin);
  const auto base = reinterpret_cast<uintptr_t>(begin);
  for (const uint32_t at : pointers_) words[at] += base;
  memory.share_strings(strings_);
  auto* const L = reinterpret_cast<lua_State*>(begin + state_at_);
  lua_setallocf(L, Memory::allocate, &memory);
  return L;
}

}  // namespace trivium::lua
