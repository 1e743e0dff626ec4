// Runs and their parts as people and programs read them.
#pragma once

#include <string>

#include "core/value.h"
#include "units/workflows/store/operator.h"

namespace trivium::cli {

// "Running", …, or "Parked": running, but its task cannot be carried out; "Old code": running, but not on
// the newest code.
std::string state_of(const units::workflows::RunRow& run);
// RFC 3339 in UTC; empty for 0.
std::string utc_time(int64_t time_ns);
// "2026-11-22 14:05:09" in the machine's zone.
std::string local_time(int64_t time_ns);
// To three digits: "1.25s", "340ms", "2h05m".
std::string brief(int64_t duration_ns);
// How long it took, or has taken so far.
std::string elapsed(const units::workflows::RunRow& run, int64_t now_ns);

// What payloads hold, as plain data; bytes as base64.
Value plain_payload(const Value& payload);
Array plain_payloads(const Value* payloads);
// The values in one line, comma between, as JSON.
std::string brief_values(const Array& values);
// What somebody typed: JSON, or else a text.
Value typed_value(const std::string& word);
// The error in a failure of the history: {"kind", "message", "retryable"}.
Value plain_failure(const Value& failure);
std::string failure_line(const Value* failure);

// {"result": …} or {"error": …} of a closed run, {} otherwise.
Object outcome_of(const units::workflows::RunRow& run);
std::string pid_of(const units::workflows::RunRow& run, const std::string& store);
// When its first line runs, if it has to wait for that; 0: it has begun.
int64_t begins_ns(const units::workflows::RunRow& run);
std::string waits_for_queue(const units::workflows::RunRow& run);
// What is wrong, or what came of it, in one line. `unserved`: nobody is there for its task queue.
std::string remark(const units::workflows::RunRow& run, bool unserved);

// {"memo"} and {"search_attributes"} columns with plain values.
Object plain_fields(const std::string& stored);

Object run_json(const units::workflows::RunRow& run, const std::string& store, bool unserved);
// What the last sign of life of its function told; nil: nothing.
Value heartbeat_details(const units::workflows::ActivityRow& activity);
Object pending_json(const units::workflows::PendingWork& pending);

}  // namespace trivium::cli
