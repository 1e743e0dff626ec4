# CLI11 and spdlog are used header-only, each in one file of its own: no library to load at start.
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/cli/log_sinks.cc PROPERTIES
  COMPILE_DEFINITIONS "SPDLOG_FMT_EXTERNAL;FMT_HEADER_ONLY")
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/cli/version.cc PROPERTIES
  COMPILE_DEFINITIONS "TRIVIUM_VERSION=\"${PROJECT_VERSION}\"")
find_library(RE2_LIBRARY re2 REQUIRED)
target_link_libraries(trivium_cli PUBLIC ${RE2_LIBRARY})
