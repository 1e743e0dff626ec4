// Force-included before every file of Lua and every file that includes Lua's headers: what we need
// that differs from the stock interpreter, said in macros only. No line of Lua is changed.
#pragma once

#include <setjmp.h>
#include <stddef.h>

#include "luaconf.h"

// luaconf.h offers these only to files that announced themselves before including it.
#ifndef l_likely
#define l_likely(x) luai_likely(x)
#define l_unlikely(x) luai_unlikely(x)
#endif

struct lua_State;

// --- numbers as text ------------------------------------------------------------------------------
// Integral floats print without ".0" and others with the shortest digits that read back the same.
// Lua appends ".0" when the text looks like an integer, so the routine
// leaves a non-digit behind the bytes it returns.
int trivium_number_to_text(char* buffer, size_t size, double number);
#undef lua_number2str
#define lua_number2str(s, sz, n) trivium_number_to_text((s), (sz), (n))

// --- string hash seed -----------------------------------------------------------------------------
// Stock Lua mixes addresses and the clock into its seed, so `pairs` visits string keys in another
// order in every run. Ours comes from the allocator's user data: fixed for workflows, so that replay
// sees the same order; random per runtime elsewhere, against collision attacks.
unsigned int trivium_lua_seed(lua_State* L);
#define luai_makeseed(L) trivium_lua_seed(L)

// --- addresses ------------------------------------------------------------------------------------
// In some states objects are known by numbers instead of their addresses (lua/identities.h). Which state
// asks is what Lua's lock tells: all that Lua's own code does is done with it.
extern constinit thread_local lua_State* trivium_running;
#define lua_lock(L) (trivium_running = (L))
#define lua_unlock(L) ((void)0)
#define luai_threadyield(L) ((void)0)

int trivium_address_to_text(char* buffer, size_t size, const void* address);
#undef lua_pointer2str
#define lua_pointer2str(buffer, size, address) trivium_address_to_text((buffer), (size), (address))

// --- errors and yields ----------------------------------------------------------------------------
// An error is a C++ exception, so that destructors in our C functions run. A yield is a long jump:
// it happens on every wait, an exception costs more than the whole rest of a message, and the
// frames it leaves (those of a function that ends in `return lua_yieldk(...)`) hold nothing to
// destroy. LUA_YIELD is 1.
// The compiler's own jump saves three registers, the library's all of them and asks after thread cleanups;
// the sanitizers know only the latter.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define luai_jmpbuf jmp_buf
#define TRIVIUM_SETJMP(b) _setjmp(b)
#define TRIVIUM_LONGJMP(b) longjmp((b), 1)  // not _longjmp, of which the thread sanitizer does not know
#else
using trivium_jump = void* [5];
#define luai_jmpbuf trivium_jump
#define TRIVIUM_SETJMP(b) __builtin_setjmp(b)
#define TRIVIUM_LONGJMP(b) __builtin_longjmp((b), 1)
#endif
#define LUAI_THROW(L, c) ((c)->status == 1 ? TRIVIUM_LONGJMP((c)->b) : throw(c))
#define LUAI_TRY(L, c, a)                     \
  if (TRIVIUM_SETJMP((c)->b) == 0) {          \
    try {                                     \
      a                                       \
    } catch (...) {                           \
      if ((c)->status == 0) (c)->status = -1; \
    }                                         \
  }

// --- sorting --------------------------------------------------------------------------------------
// On bad partitions of long lists stock Lua picks pivots by the clock; which of two equal elements
// comes first would then differ from run to run, and a replayed workflow could take another path.
#define l_randomizePivot() 0x9E3779B9u

// --- limits ---------------------------------------------------------------------------------------
// Chunk names are whole entry IDs, which messages must show uncut.
#undef LUA_IDSIZE
#define LUA_IDSIZE 256
// Runaway recursion becomes a catchable error after a few megabytes, before it meets the memory limit
// of an isolate.
#undef LUAI_MAXSTACK
#define LUAI_MAXSTACK 200000

// --- memory ---------------------------------------------------------------------------------------
// Sized for a hundred thousand small isolates instead of one large one.
// The names of metamethods and those of any program fill more than 32.
#define MINSTRTABSIZE 64
#define STRCACHE_N 23
#define STRCACHE_M 1

// --- keys that are objects ------------------------------------------------------------------------
// Last, since Lua's own header comes with it, which must know all of the above.
#ifdef TRIVIUM_LUA_CORE
#include "llimits.h"
struct GCObject;
// C functions count by their place in the program, which is the same wherever that is loaded.
unsigned int trivium_key_hash(const GCObject* object);
extern "C" const char __executable_start[];
inline unsigned int trivium_key_hash(const void* address) {
  return static_cast<unsigned int>(reinterpret_cast<size_t>(address));
}
inline unsigned int trivium_key_hash(lua_CFunction function) {
  return static_cast<unsigned int>(reinterpret_cast<size_t>(function) -
                                   reinterpret_cast<size_t>(__executable_start));
}
#undef point2uint
#define point2uint(p) trivium_key_hash(p)
#endif
