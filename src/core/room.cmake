# Time zones come from Abseil; hashes and base64 from OpenSSL.
find_package(absl REQUIRED)
find_package(OpenSSL REQUIRED)
target_link_libraries(trivium_core PRIVATE absl::time OpenSSL::Crypto)
