// Mistakes in an application's files, each said once, with its place and what would be right.
// Everything that reads entries or configuration adds to a Problems and goes on, so that one start
// shows all mistakes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace trivium::app {

// A position in a file, or a named source without lines ("command line"). Lines and columns count
// from 1; 0 means unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;

  // "src/_index.yaml:12", "command line".
  std::string text() const;
};

struct Problem {
  Place place;
  std::string entry;     // "ns:name", empty when no entry is concerned
  std::string field;     // "lifecycle.start_timeout", empty when it is about the whole entry or file
  std::string message;   // what is wrong
  std::string hint;      // what would be right; may be empty
  bool in_text = false;  // the column counts in the text of the field, so it is shown beside the field's name

  // "src/_index.yaml:12: entry app:worker: field modules[0]: must not be empty (hint)".
  std::string render() const;
};

// Collects problems. Not thread-safe.
class Problems {
 public:
  void add(Problem problem);
  void add(Place place, std::string message, std::string hint = {});
  void append(const Problems& other);

  bool empty() const { return problems_.empty(); }
  size_t size() const { return problems_.size(); }
  // In the order they were found, which follows the files.
  const std::vector<Problem>& all() const { return problems_; }

  // One line a problem, ordered by file and line, without repetitions.
  std::string render() const;
  // Invalid: "3 problems found:\n  …"; the details list the problems for machines.
  Error to_error() const;

 private:
  std::vector<Problem> problems_;
};

// "an integer", "a map": the name of a type within a sentence.
std::string with_article(std::string_view type);

}  // namespace trivium::app
