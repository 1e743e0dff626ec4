// The write-ahead log of a database that one connection writes to most of the time: keeps room in the file,
// so that a commit overwrites instead of making the file longer, and moves the pages into the database when
// the log is long, after those who waited for the commit were told.
//
// A commit that makes a file longer has the file system write its own journal, too: on ext4 that takes
// several times as long as the data. https://sqlite.org/fileformat2.html#the_write_ahead_log: what lies
// behind the last valid frame is not read.
#pragma once

#include <cstdint>

struct sqlite3;

namespace trivium::units::workflows {

// Not thread-safe: used by the thread of the connection, which outlives it. Errors are left to the next
// commit, which meets them too.
class WriteAheadLog {
 public:
  explicit WriteAheadLog(sqlite3* database);
  WriteAheadLog(const WriteAheadLog&) = delete;
  WriteAheadLog& operator=(const WriteAheadLog&) = delete;

  // Within a transaction that has begun to write: nobody else makes the log longer then.
  void make_room();
  // Since the last commit, and nobody has tried to move it since.
  bool is_long() const { return long_; }
  // Between transactions.
  void move_when_long();

 private:
  static int committed(void* self, sqlite3* database, const char* name, int pages);

  sqlite3* const database_;
  int64_t page_size_ = 0;
  int64_t pages_ = -1;       // in the log after the last commit; below 0: unknown
  int64_t last_commit_ = 0;  // pages it wrote
  bool long_ = false;
  // Of the file, when it was last looked at: not more often than needed, because a time of change that
  // somebody has seen makes the next commit write the file's inode, too.
  long long size_ = 0;
};

}  // namespace trivium::units::workflows
