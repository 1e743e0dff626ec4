# Time zones come from Abseil; hashes and base64 from OpenSSL.
find_package(absl REQUIRED)
find_package(OpenSSL REQUIRED)
target_link_libraries(trivium_core PRIVATE absl::time OpenSSL::Crypto)

# Patterns of JSON schemas. Linked statically: no program pays for loading it.
find_library(RE2_LIBRARY NAMES libre2.a re2 REQUIRED)
target_link_libraries(trivium_core PUBLIC ${RE2_LIBRARY})
