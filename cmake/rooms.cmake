# trivium_room(NAME DEPENDS room… PRIVATE_LIBS lib… LIBS lib…)
#
# Builds src/NAME/**/*.cc into trivium_NAME and every *_test.cc beside it into NAME_test. A room sees
# its own headers as "NAME/x.h" and those of the rooms it DEPENDS on, and no others: the headers are
# reached through .cache/include/NAME, one link a room, the same for every build directory so that
# ccache shares their objects.
#
# src/NAME/room.cmake, where it exists, adds the packages the room needs.

enable_testing()
include(GoogleTest)
find_package(GTest REQUIRED)

function(trivium_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;PRIVATE_LIBS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(target trivium_${name})

  set(include_dir ${CMAKE_SOURCE_DIR}/.cache/include/${name})
  file(MAKE_DIRECTORY ${include_dir})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${name} ${include_dir}/${name} SYMBOLIC)

  set(placeholder ${CMAKE_BINARY_DIR}/${name}_room.cc)
  if(NOT EXISTS ${placeholder})
    file(WRITE ${placeholder} "// A room without sources still is a library target.\n")
  endif()
  add_library(${target} STATIC ${sources} ${placeholder})
  target_compile_options(${target} PRIVATE ${TRIVIUM_WARNINGS})
  target_include_directories(${target} PUBLIC ${include_dir})
  foreach(dep ${ROOM_DEPENDS})
    target_link_libraries(${target} PUBLIC trivium_${dep})
  endforeach()
  target_link_libraries(${target} PUBLIC Threads::Threads ${ROOM_LIBS} ${ROOM_PRIVATE_LIBS})
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/${name}/room.cmake)
    include(${CMAKE_SOURCE_DIR}/src/${name}/room.cmake)
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    # Optimising the tests themselves would only cost build time.
    target_compile_options(${name}_test PRIVATE ${TRIVIUM_WARNINGS} -O0)
    target_link_libraries(${name}_test PRIVATE ${target} GTest::gtest GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 120)
  endif()
endfunction()
