// Text in columns that fits the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trivium::cli {

// Columns of the terminal that stdout is, or $COLUMNS; 0 when it is none: nothing need be cut.
size_t terminal_width();

// Characters of UTF-8 text; those of double width count once.
size_t width_of(std::string_view text);
// At most `width` characters, the last one an ellipsis if something was cut.
std::string cut_to(std::string_view text, size_t width);
// Filled up with blanks on the right.
std::string padded_to(std::string text, size_t width);
// Line breaks and other control characters as blanks.
std::string one_line(std::string_view text);

struct Column {
  std::string title;
  size_t least = 0;  // narrower it is not made; 0: never made narrower
};

// Rows have one cell a column. When the whole is wider than `width` (0: no limit) columns shrink, from the
// last to the first.
std::string table(std::vector<Column> columns, const std::vector<std::vector<std::string>>& rows,
                  size_t width);

}  // namespace trivium::cli
