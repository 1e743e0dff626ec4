#include "app/problem.h"

#include <algorithm>
#include <tuple>

namespace trivium::app {

std::string Place::text() const {
  if (line <= 0) return file;
  return file + ":" + std::to_string(line);
}

std::string Problem::render() const {
  std::string text = place.text();
  // A column helps with broken syntax; beside the name of a field it is noise.
  const bool exact = in_text || (entry.empty() && field.empty());
  if (exact && place.line > 0 && place.column > 0) {
    text += ":" + std::to_string(place.column);
  }
  if (!text.empty()) text += ": ";
  if (!entry.empty()) text += "entry " + entry + ": ";
  if (!field.empty()) text += "field " + field + ": ";
  text += message;
  if (!hint.empty()) text += " (" + hint + ")";
  return text;
}

void Problems::add(Problem problem) { problems_.push_back(std::move(problem)); }

void Problems::add(Place place, std::string message, std::string hint) {
  problems_.push_back({std::move(place), {}, {}, std::move(message), std::move(hint)});
}

void Problems::append(const Problems& other) {
  problems_.insert(problems_.end(), other.problems_.begin(), other.problems_.end());
}

namespace {

struct Line {
  const Problem* problem;
  std::string text;
};

// Entries may share a file: a mistake in its text is theirs together, and said once.
bool same(const Line& a, const Line& b) {
  if (!a.problem->in_text || !b.problem->in_text) return a.text == b.text;
  return a.problem->place.text() == b.problem->place.text() && a.problem->message == b.problem->message;
}

std::vector<Line> ordered(const std::vector<Problem>& problems) {
  std::vector<Line> lines;
  lines.reserve(problems.size());
  for (const Problem& problem : problems) lines.push_back({&problem, problem.render()});
  const auto key = [](const Line& line) {
    const Place& place = line.problem->place;
    return std::tie(place.file, place.line);
  };
  std::stable_sort(lines.begin(), lines.end(), [&](const Line& a, const Line& b) { return key(a) < key(b); });
  std::vector<Line> unique;
  for (Line& line : lines) {
    const bool seen = std::any_of(unique.begin(), unique.end(), [&](const Line& u) { return same(u, line); });
    if (!seen) unique.push_back(std::move(line));
  }
  return unique;
}

}  // namespace

std::string Problems::render() const {
  std::string text;
  for (const Line& line : ordered(problems_)) text += line.text + "\n";
  return text;
}

Error Problems::to_error() const {
  const std::vector<Line> lines = ordered(problems_);
  std::string text =
      lines.size() == 1 ? "1 problem found:" : std::to_string(lines.size()) + " problems found:";
  Array details;
  for (const Line& line : lines) {
    text += "\n  " + line.text;
    const Problem& p = *line.problem;
    details.push_back(Object{{"file", p.place.file},
                             {"line", p.place.line},
                             {"column", p.place.column},
                             {"entry", p.entry},
                             {"field", p.field},
                             {"message", p.message},
                             {"hint", p.hint}});
  }
  Error error = Error::of(kind::invalid, std::move(text));
  error.details = Object{{"problems", std::move(details)}};
  return error;
}

std::string with_article(std::string_view type) {
  const bool vowel = !type.empty() && std::string_view("aeiou").find(type.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(type);
}

}  // namespace trivium::app
