// The tables on disk and how they change from version to version: forward only.
#pragma once

#include <sqlite3.h>

#include "core/error.h"

namespace trivium::units::workflows {

inline constexpr int64_t schema_version = 5;

// Brings the database to schema_version. Refuses (Conflict) one written by a newer runtime.
Result<> migrate(sqlite3* database);
// Conflict unless the database has exactly schema_version.
Result<> check_version(sqlite3* database);

}  // namespace trivium::units::workflows
