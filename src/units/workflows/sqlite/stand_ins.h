// Activities without a row of their own.
//
// A step of a workflow ends one activity and begins the next. Instead of removing one row and writing
// another, on a page that has nothing else to tell, the new activity stands in the row of the one before; the
// batch that says it was scheduled notes so (history.stand_ins). Of such a row only the key counts.
// Everything there is to know of the new one is its event, as long as nothing has happened to it; when
// something does, it gets a row of its own.
//
// The last batch of an open run has them all, and every row they name is there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trivium::units::workflows {

struct StandIn {
  int64_t row = 0;       // scheduled event id of the activity whose row it was
  int64_t activity = 0;  // scheduled event id
};

class StandIns {
 public:
  // "3:9 4:12"
  static StandIns of(std::string_view text);
  std::string text() const;

  const std::vector<StandIn>& all() const { return all_; }
  // Each batch repeats them all.
  bool full() const { return all_.size() >= 8; }
  // The row that the activity stands in; 0: none.
  int64_t row_of(int64_t activity) const;
  void add(StandIn stand_in) { all_.push_back(stand_in); }
  void remove(int64_t activity);

 private:
  std::vector<StandIn> all_;
};

}  // namespace trivium::units::workflows
