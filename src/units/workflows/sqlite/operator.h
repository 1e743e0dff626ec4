// The command line's view of a SQLite store, whether or not a runtime has the file.
#pragma once

#include <memory>
#include <string>

#include "core/clock.h"
#include "units/workflows/store/operator.h"

namespace trivium::units::workflows {

// NotFound: there is no such file. Conflict: a newer runtime wrote it. Unavailable: it cannot be opened.
Result<std::unique_ptr<Operator>> open_sqlite_operator(const std::string& file, const Clock& clock,
                                                       Random& random);

}  // namespace trivium::units::workflows
