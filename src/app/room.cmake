find_package(yaml-cpp REQUIRED)
target_link_libraries(trivium_app PRIVATE yaml-cpp)
