#include "units/workflows/postgres/parameters.h"

#include "core/json.h"

namespace trivium::units::workflows {
namespace {

// Object identifiers of types, fixed by PostgreSQL's catalogue.
constexpr uint32_t type_int8 = 20;
constexpr uint32_t type_text = 25;

void put32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void put64(std::string& out, uint64_t value) {
  put32(out, static_cast<uint32_t>(value >> 32));
  put32(out, static_cast<uint32_t>(value));
}

// The header of a one-dimensional array without nulls.
std::string array_of(uint32_t type, size_t count) {
  std::string out;
  put32(out, count == 0 ? 0 : 1);
  put32(out, 0);
  put32(out, type);
  if (count == 0) return out;
  put32(out, static_cast<uint32_t>(count));
  put32(out, 1);
  return out;
}

void put_text(std::string& out, std::string_view text) {
  put32(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}

}  // namespace

Parameter Parameter::column(std::span<const std::vector<Cell>> rows, size_t column) {
  Parameter made;
  made.binary = true;
  const bool numbers = !rows.empty() && std::holds_alternative<int64_t>(rows.front()[column]);
  made.bytes = array_of(numbers ? type_int8 : type_text, rows.size());
  for (const std::vector<Cell>& row : rows) {
    if (numbers) {
      put32(made.bytes, 8);
      put64(made.bytes, static_cast<uint64_t>(std::get<int64_t>(row[column])));
    } else {
      put_text(made.bytes, std::get<std::string>(row[column]));
    }
  }
  return made;
}

Parameter Parameter::texts(std::span<const std::string> values) {
  Parameter made;
  made.binary = true;
  made.bytes = array_of(type_text, values.size());
  for (const std::string& value : values) put_text(made.bytes, value);
  return made;
}

Object Rows::object(int row, int column) const {
  Value value = json::decode(text(row, column)).value_or(Object());
  return value.is_object() ? std::move(value.as_object()) : Object();
}

std::vector<std::string> texts_of(const std::optional<Rows>& rows) {
  std::vector<std::string> texts;
  if (!rows) return texts;
  texts.reserve(static_cast<size_t>(rows->count()));
  for (int row = 0; row < rows->count(); ++row) texts.push_back(rows->text(row, 0));
  return texts;
}

}  // namespace trivium::units::workflows
