# Time zones come from Abseil, name-based UUIDs from OpenSSL's digests.
find_package(absl REQUIRED)
find_package(OpenSSL REQUIRED)
target_link_libraries(trivium_core PRIVATE absl::time OpenSSL::Crypto)
