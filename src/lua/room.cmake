find_path(UTF8PROC_INCLUDE_DIR utf8proc.h REQUIRED)
find_library(UTF8PROC_LIBRARY utf8proc REQUIRED)
target_include_directories(trivium_lua PRIVATE ${UTF8PROC_INCLUDE_DIR})
target_link_libraries(trivium_lua PRIVATE ${UTF8PROC_LIBRARY})

# Validators of run-time types (@pattern). Linked statically: no program pays for loading it.
find_library(RE2_LIBRARY NAMES libre2.a re2 REQUIRED)
target_link_libraries(trivium_lua PUBLIC ${RE2_LIBRARY})
