# Workflow histories are kept in SQLite by default.
find_package(SQLite3 REQUIRED)
target_link_libraries(trivium_units PRIVATE SQLite::SQLite3)

# PostgreSQL is the provider that several runtimes share.
find_package(PostgreSQL REQUIRED)
target_link_libraries(trivium_units PRIVATE PostgreSQL::PostgreSQL)
