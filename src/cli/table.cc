#include "cli/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace trivium::cli {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

size_t terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  if (columns == nullptr) return 0;
  const std::string_view text(columns);
  size_t width = 0;
  std::from_chars(text.data(), text.data() + text.size(), width);
  return width;
}

size_t width_of(std::string_view text) {
  return text.size() - static_cast<size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::string cut_to(std::string_view text, size_t width) {
  if (width_of(text) <= width) return std::string(text);
  if (width == 0) return {};
  size_t end = 0;
  for (size_t characters = 0; end < text.size(); ++end) {
    if (!continues(text[end]) && ++characters == width) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string padded_to(std::string text, size_t width) {
  const size_t used = width_of(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

std::string table(std::vector<Column> columns, const std::vector<std::vector<std::string>>& rows,
                  size_t width) {
  constexpr size_t gap = 2;
  std::vector<size_t> widths;
  size_t total = gap * (columns.size() - 1);
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t widest = width_of(columns[i].title);
    for (const auto& row : rows) widest = std::max(widest, width_of(row[i]));
    widths.push_back(widest);
    total += widest;
  }
  for (size_t i = columns.size(); i-- > 0 && width > 0 && total > width;) {
    const size_t least = columns[i].least == 0 ? widths[i] : std::min(columns[i].least, widths[i]);
    const size_t less = std::min(widths[i] - least, total - width);
    widths[i] -= less;
    total -= less;
  }
  std::string out;
  const auto add = [&](const auto& cell) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string text = cut_to(one_line(cell(i)), widths[i]);
      line += i + 1 == columns.size() ? text : padded_to(text, widths[i] + gap);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add([&](size_t i) -> const std::string& { return columns[i].title; });
  for (const auto& row : rows) add([&](size_t i) -> const std::string& { return row[i]; });
  return out;
}

}  // namespace trivium::cli
