// The operator of a PostgreSQL store: it carries requests out itself, whatever runtimes work on the database,
// and they hear of it.
#pragma once

#include <memory>

#include "core/clock.h"
#include "units/workflows/postgres/options.h"
#include "units/workflows/store/operator.h"

namespace trivium::units::workflows {

// NotFound: nobody has prepared the schema. `clock` and `random` outlive the operator.
Result<std::unique_ptr<Operator>> open_postgres_operator(PostgresOptions options, const Clock& clock,
                                                         Random& random);

}  // namespace trivium::units::workflows
