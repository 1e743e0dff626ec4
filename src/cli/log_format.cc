#include "cli/log_format.h"

#include <array>
#include <cstdio>

#include "cli/json_text.h"

namespace trivium::cli {
namespace {

constexpr std::string_view color_off = "\x1b[0m";

std::string_view upper_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "DEBUG";
    case LogLevel::info:
      return "INFO";
    case LogLevel::warn:
      return "WARN";
    case LogLevel::error:
      return "ERROR";
  }
  return "INFO";
}

std::string_view level_color(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "\x1b[36m";
    case LogLevel::info:
      return "\x1b[32m";
    case LogLevel::warn:
      return "\x1b[33m";
    case LogLevel::error:
      return "\x1b[31m";
  }
  return "";
}

// The same name has the same color in every run, so that eyes can follow it.
std::string_view name_color(std::string_view name) {
  static constexpr std::array<std::string_view, 6> palette{"\x1b[34m", "\x1b[35m", "\x1b[36m",
                                                           "\x1b[94m", "\x1b[95m", "\x1b[96m"};
  uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return palette[hash % palette.size()];
}

void append_padded(std::string& out, std::string_view text, size_t width, std::string_view color) {
  out += color;
  out += text;
  if (text.size() < width) out.append(width - text.size(), ' ');
  if (!color.empty()) out += color_off;
}

// A record is one line: what would break out of it is shown escaped.
void append_one_line(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += c;
    }
  }
}

void append_message(std::string& out, const LogRecord& record) {
  append_one_line(out, record.message);
  if (record.fields.empty()) return;
  out += "\t{";
  std::string_view separator;
  for (const auto& [key, value] : record.fields) {
    out += separator;
    append_json_string(out, key);
    out += ": ";
    append_json(out, value, JsonSpacing::spaced);
    separator = ", ";
  }
  out += '}';
}

}  // namespace

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

std::string plain_columns(const LogRecord& record) {
  std::string out(upper_level(record.level));
  out += '\t';
  if (!record.logger.empty()) {
    out += record.logger;
    out += '\t';
  }
  append_message(out, record);
  return out;
}

std::string console_line(const LogRecord& record, double seconds_since_start, bool color) {
  char elapsed[32];
  std::snprintf(elapsed, sizeof elapsed, "%6.2fs\t", seconds_since_start);
  std::string out(elapsed);
  append_padded(out, upper_level(record.level), 5, color ? level_color(record.level) : "");
  out += '\t';
  if (!record.logger.empty()) {
    append_padded(out, record.logger, 12, color ? name_color(record.logger) : "");
    out += '\t';
  }
  append_message(out, record);
  return out;
}

std::string json_members(const LogRecord& record) {
  std::string out;
  if (!record.logger.empty()) {
    out += ",\"logger\":";
    append_json_string(out, record.logger);
  }
  out += ",\"msg\":";
  append_json_string(out, record.message);
  for (const auto& [key, value] : record.fields) {
    out += ',';
    append_json_string(out, key);
    out += ':';
    append_json(out, value, JsonSpacing::none);
  }
  out += '}';
  return out;
}

}  // namespace trivium::cli
