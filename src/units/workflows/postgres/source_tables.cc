// The code of runs, as text.
#include "units/workflows/postgres/postgres_tables.h"

namespace trivium::units::workflows {

void PostgresTables::insert_source(std::string_view hash, std::string_view entry_id,
                                   std::string_view source) {
  write(Write::insert_source, {std::string(hash), std::string(entry_id), std::string(source)});
}

std::optional<std::string> PostgresTables::source(std::string_view hash) {
  const auto rows = read("SELECT source FROM sources WHERE hash = $1", {hash});
  if (!rows || rows->count() == 0) return std::nullopt;
  return rows->text(0, 0);
}

std::vector<SourceRow> PostgresTables::sources() {
  const auto rows = read("SELECT hash, unused_ns FROM sources ORDER BY hash");
  std::vector<SourceRow> found;
  for (int row = 0; rows && row < rows->count(); ++row) {
    found.push_back({rows->text(row, 0), rows->number(row, 1)});
  }
  return found;
}

void PostgresTables::mark_source(std::string_view hash, int64_t unused_ns) {
  change("UPDATE sources SET unused_ns = $2::bigint WHERE hash = $1", {hash, unused_ns});
}

void PostgresTables::delete_source(std::string_view hash) {
  change("DELETE FROM sources WHERE hash = $1", {hash});
}

std::vector<std::string> PostgresTables::used_code() {
  const auto rows = read("SELECT DISTINCT code_hash FROM runs WHERE status = 0");
  std::vector<std::string> found;
  for (int row = 0; rows && row < rows->count(); ++row) found.push_back(rows->text(row, 0));
  return found;
}

}  // namespace trivium::units::workflows
