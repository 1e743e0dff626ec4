# Compiler, linker and sanitizer settings shared by every target.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(TRIVIUM_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1 -D_GLIBCXX_ASSERTIONS")
add_compile_options(-fno-omit-frame-pointer -fdiagnostics-color=auto)

if(TRIVIUM_SANITIZE)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")
  add_compile_options(-fsanitize=${TRIVIUM_SANITIZE} -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${TRIVIUM_SANITIZE})
  if(TRIVIUM_SANITIZE MATCHES "thread")
    add_compile_definitions(TRIVIUM_TSAN=1)
  endif()
endif()

# Without two warnings that g++ 12 raises at -O2 about std::variant and std::string themselves.
set(TRIVIUM_WARNINGS -Wall -Wextra -Werror -Wno-maybe-uninitialized -Wno-restrict)

find_package(Threads REQUIRED)
