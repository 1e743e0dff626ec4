#include "cli/entry_filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <memory>

namespace trivium::cli {
namespace {

bool contains(const Value& value, const std::string& part) {
  const auto in_text = [&part](const Value& item) {
    return item.is_string() && item.as_string().find(part) != std::string::npos;
  };
  if (!value.is_array()) return in_text(value);
  return std::any_of(value.as_array().begin(), value.as_array().end(), in_text);
}

using ValueTest = std::function<bool(const Value&)>;

ValueTest on_text(std::function<bool(const std::string&)> test) {
  return
      [test = std::move(test)](const Value& value) { return value.is_string() && test(value.as_string()); };
}

Result<ValueTest> value_test(char op, const std::string& wanted) {
  switch (op) {
    case '~': {
      const auto regex = std::make_shared<re2::RE2>(wanted, re2::RE2::Quiet);
      if (!regex->ok())
        return fail(kind::invalid, "invalid regular expression \"" + wanted + "\": " + regex->error());
      return on_text([regex](const std::string& text) { return re2::RE2::PartialMatch(text, *regex); });
    }
    case '*':
      return ValueTest([wanted](const Value& value) { return contains(value, wanted); });
    case '^':
      return on_text([wanted](const std::string& text) { return text.starts_with(wanted); });
    case '$':
      return on_text([wanted](const std::string& text) { return text.ends_with(wanted); });
    default:
      return on_text([wanted](const std::string& text) { return text == wanted; });
  }
}

}  // namespace

bool matches_glob(std::string_view glob, std::string_view text) {
  const size_t star = glob.find('*');
  if (star == std::string_view::npos) return glob == text;
  const std::string_view prefix = glob.substr(0, star);
  const std::string_view suffix = glob.substr(star + 1);
  return text.size() >= prefix.size() + suffix.size() && text.starts_with(prefix) && text.ends_with(suffix);
}

Result<EntryFilter> meta_condition(const std::string& text) {
  for (const char op : {'~', '*', '^', '$', '='}) {
    const size_t at = text.find(op);
    if (at == std::string::npos) continue;
    const std::string field = text.substr(0, at);
    if (field.empty()) break;
    auto test = value_test(op, text.substr(at + 1));
    if (!test) return fail(test.error());
    return EntryFilter([field, test = std::move(*test)](const app::Entry& entry) {
      const Value* value = entry.meta.find(field);
      if (!value) value = entry.meta.find_path(field);
      return value && test(*value);
    });
  }
  return fail(kind::invalid,
              "invalid --meta \"" + text + "\": expected field=value, or ~ * ^ $ instead of =");
}

}  // namespace trivium::cli
