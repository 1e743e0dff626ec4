# Lua, compiled as C++ from Debian's source package with our configuration header force-included.
# No file of Lua is changed; src/lua/config/lua_config.h says what is configured and why.

set(LUA_DIR ${CMAKE_SOURCE_DIR}/.deps/lua CACHE PATH "Unpacked lua5.4 source (made by ./dev setup)")
if(NOT EXISTS ${LUA_DIR}/src/lua.h)
  message(FATAL_ERROR "Lua's source is not in ${LUA_DIR}: run ./dev setup")
endif()

file(GLOB lua_sources ${LUA_DIR}/src/*.c)
list(FILTER lua_sources EXCLUDE REGEX "/(lua|luac|linit|loadlib|liolib|loslib|ldblib|lutf8lib)\\.c$")
set_source_files_properties(${lua_sources} PROPERTIES LANGUAGE CXX)

# Isolates run bytecode only: whether a state gets the lexer's words is up to its Memory.
set_source_files_properties(${LUA_DIR}/src/lstate.c PROPERTIES COMPILE_DEFINITIONS luaX_init=trivium_open_lexer)
# Where a string comes from is said in src/lua/shared_strings.cc.
set_source_files_properties(${LUA_DIR}/src/lstring.c PROPERTIES COMPILE_DEFINITIONS
  "luaS_newlstr=trivium_own_string;luaS_new=trivium_stock_string")

add_library(lua54 STATIC ${lua_sources} ${CMAKE_SOURCE_DIR}/src/lua/config/number_format.cc)
set(lua_config ${CMAKE_SOURCE_DIR}/src/lua/config/lua_config.h)
target_include_directories(lua54 SYSTEM PUBLIC ${LUA_DIR}/src ${CMAKE_SOURCE_DIR}/src/lua/config)
target_compile_options(lua54 PUBLIC -include ${lua_config} PRIVATE -w -O2)
# As one unit: what Lua's files call of each other is inlined.
set_target_properties(lua54 PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/lua/config/number_format.cc PROPERTIES
  SKIP_UNITY_BUILD_INCLUSION ON)
target_compile_definitions(lua54 PRIVATE LUA_USE_POSIX TRIVIUM_LUA_CORE)
