#include "units/workflows/sqlite/write_ahead_log.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <utility>

namespace trivium::units::workflows {
namespace {

constexpr int64_t long_pages = 4000;
constexpr int64_t file_header = 32;
constexpr int64_t frame_header = 24;
constexpr int64_t least_pages = 16;  // as many as a small commit needs
constexpr int64_t least_room = 256 << 10;
constexpr int64_t most_room = 4 << 20;
constexpr int piece = 64 << 10;  // SQLite's own layer writes no more than 128 KB at once

int64_t number_of(sqlite3* database, const char* pragma) {
  sqlite3_stmt* statement = nullptr;
  int64_t number = 0;
  if (sqlite3_prepare_v2(database, pragma, -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    number = sqlite3_column_int64(statement, 0);
  }
  sqlite3_finalize(statement);
  return number;
}

}  // namespace

WriteAheadLog::WriteAheadLog(sqlite3* database)
    : database_(database), page_size_(number_of(database, "PRAGMA page_size")) {
  sqlite3_wal_hook(database, &committed, this);  // takes the place of automatic checkpoints
}

int WriteAheadLog::committed(void* self, sqlite3*, const char*, int pages) {
  auto& log = *static_cast<WriteAheadLog*>(self);
  log.last_commit_ = std::max<int64_t>(0, pages - log.pages_);
  log.pages_ = pages;
  log.long_ = pages >= long_pages;
  return SQLITE_OK;
}

void WriteAheadLog::make_room() {
  const auto needed = [&] {
    return file_header + (pages_ + std::max(2 * last_commit_, least_pages)) * (page_size_ + frame_header);
  };
  if (pages_ >= 0 && needed() <= size_) return;
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(database_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK ||
      file == nullptr || file->pMethods == nullptr || file->pMethods->xFileSize(file, &size_) != SQLITE_OK) {
    return;
  }
  if (pages_ < 0) pages_ = std::max<int64_t>(0, size_ - file_header) / (page_size_ + frame_header);
  if (needed() <= size_) return;
  static constexpr std::array<char, piece> zeros{};
  const int64_t end = size_ + std::clamp<int64_t>(size_ / 2, least_room, most_room);
  for (; size_ < end; size_ += piece) {
    if (file->pMethods->xWrite(file, zeros.data(), piece, size_) != SQLITE_OK) return;
  }
}

void WriteAheadLog::move_when_long() {
  if (!std::exchange(long_, false)) return;
  // What readers still need stays for the next time.
  sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace trivium::units::workflows
