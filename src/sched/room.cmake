# Boost.Asio is header-only and needs nothing linked; the check names the package if it is missing.
find_package(Boost 1.74 REQUIRED)

# Not part of the tests; built on request: ninja sched_bench.
add_executable(sched_bench EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/bench/sched_bench.cc)
target_compile_options(sched_bench PRIVATE -Wall -Wextra -Werror)
target_link_libraries(sched_bench PRIVATE trivium_sched)

# Asio's handlers are fenced, which ThreadSanitizer cannot follow and the compiler refuses; its locks order
# the same things.
if(TRIVIUM_SANITIZE MATCHES "thread")
  target_compile_definitions(trivium_sched PUBLIC BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
