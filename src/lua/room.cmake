find_path(UTF8PROC_INCLUDE_DIR utf8proc.h REQUIRED)
find_library(UTF8PROC_LIBRARY utf8proc REQUIRED)
target_include_directories(trivium_lua PRIVATE ${UTF8PROC_INCLUDE_DIR})
target_link_libraries(trivium_lua PRIVATE ${UTF8PROC_LIBRARY})
