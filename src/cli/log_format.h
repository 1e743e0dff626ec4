// The text of a log record without its time: pure functions, so that the formats users parse are
// tested apart from the streams they go to.
#pragma once

#include <string>

#include "core/log.h"

namespace trivium::cli {

// Everything after the time column: `INFO⇥core⇥message⇥{"k": "v"}`.
std::string plain_columns(const LogRecord& record);

// A whole line without the newline: `  0.42s⇥INFO ⇥core        ⇥message⇥{…}`.
std::string console_line(const LogRecord& record, double seconds_since_start, bool color);

// The members after "level" and "ts", with a leading comma each and the closing brace.
std::string json_members(const LogRecord& record);

// "debug", "info", "warn", "error".
std::string_view level_name(LogLevel level);

}  // namespace trivium::cli
