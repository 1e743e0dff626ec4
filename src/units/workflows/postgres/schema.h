// The tables of a PostgreSQL store and their versions.
#pragma once

#include "units/workflows/postgres/connection.h"

namespace trivium::units::workflows {

constexpr int64_t postgres_schema_version = 5;

// Brings the schema to our version, or checks that it has it. Forward only, in one transaction, one runtime
// at a time. Conflict: a newer runtime wrote it. Before enter_pipeline().
Result<> prepare_schema(Connection& connection, const PostgresOptions& options);

}  // namespace trivium::units::workflows
