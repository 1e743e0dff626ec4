#include "lua/state_image.h"

#include <algorithm>
#include <cstring>
#include <map>
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

// Where the blocks of the first region go: to the image's own memory or to what is shared.
class Layout {
 public:
  struct Place {
    size_t size;
    size_t to;  // bytes from the beginning of what it is part of
    bool shared;
  };

  // Null where the blocks that should be shared are none of the region.
  static std::optional<Layout> of(const Exposure& exposure) {
    Layout layout;
    for (const auto& [at, size] : exposure.region().blocks())
      layout.places_.emplace(at, Place{size, 0, false});
    for (const auto& [begin, size] : exposure.shared().blocks) {
      const auto found = layout.places_.find(exposure.region().at(begin));
      if (found == layout.places_.end() || found->second.size != size) return std::nullopt;
      found->second.shared = true;
    }
    for (auto& [at, place] : layout.places_) {
      size_t& end = place.shared ? layout.shared_words_ : layout.own_words_;
      place.to = std::exchange(end, end + ImageRegion::words_in(place.size)) * word_size;
    }
    return layout;
  }

  const std::map<size_t, Place>& places() const { return places_; }  // by where they were
  size_t own_words() const { return own_words_; }
  size_t shared_words() const { return shared_words_; }

  // Of what a pointer leads to, be it the end of a block. Nothing: that is gone, and nobody follows the
  // pointer.
  struct Target {
    size_t to;
    bool shared;
  };
  std::optional<Target> target_of(size_t at) const {
    auto after = places_.upper_bound(at);
    if (after == places_.begin()) return std::nullopt;
    const auto& [from, place] = *--after;
    if (at > from + place.size) return std::nullopt;
    return Target{place.to + (at - from), place.shared};
  }

 private:
  std::map<size_t, Place> places_;
  size_t own_words_ = 0;
  size_t shared_words_ = 0;
};

}  // namespace

std::unique_ptr<const StateImage> StateImage::take(unsigned seed, size_t room, const Build& build) {
  Exposure first(seed, room);
  Exposure second(seed, room);
  if (!first.build(build) || !second.build(build)) return nullptr;
  const ImageRegion& region = first.region();
  const ImageRegion& other = second.region();
  if (region.blocks() != other.blocks()) return nullptr;
  const std::optional<Layout> layout = Layout::of(first);
  if (!layout) return nullptr;

  std::unique_ptr<StateImage> image(new StateImage);
  image->words_.resize(layout->own_words());
  image->shared_.resize(layout->shared_words());
  const auto shared_base = reinterpret_cast<uintptr_t>(image->shared_.data());
  const auto address_of = [](uintptr_t word) { return reinterpret_cast<const void*>(word); };
  for (const auto& [from, place] : layout->places()) {
    if (!place.shared) image->used_ += place.size;
    for (size_t at = 0; at < place.size; at += word_size) {
      uintptr_t& copy = (place.shared ? image->shared_ : image->words_)[(place.to + at) / word_size];
      copy = region.word(from + at);
      const uintptr_t twin = other.word(from + at);
      if (copy == twin) continue;
      const size_t distance = region.at(address_of(copy));
      if (distance > region.size() || other.at(address_of(twin)) != distance) return nullptr;
      const std::optional<Layout::Target> target = layout->target_of(distance);
      if (!target) {
        copy = 0;
      } else if (target->shared) {
        copy = shared_base + target->to;
      } else if (!place.shared) {
        copy = target->to;
        image->pointers_.push_back(static_cast<uint32_t>((place.to + at) / word_size));
      } else {
        return nullptr;  // what is shared cannot refer to what is not
      }
    }
  }
  image->state_at_ = layout->target_of(region.at(first.state()))->to;
  std::vector<TString*> strings;
  strings.reserve(first.shared().short_strings.size());
  for (const TString* string : first.shared().short_strings) {
    strings.push_back(reinterpret_cast<TString*>(shared_base + layout->target_of(region.at(string))->to));
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
