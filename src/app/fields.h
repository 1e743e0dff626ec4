// Typed reading of an entry's fields, for the handlers of kinds.
//
//   Fields f(entry, context, problems);
//   std::string source = f.required_text("source");
//   int64_t workers = f.integer("host.workers", cores, {.min = 1});
//   Duration timeout = f.duration("lifecycle.start_timeout", 10s);
//   EntryId process = f.id("process", {.required = true, .kinds = {"process."}});
//   if (!f.ok()) return;   // every mistake is in `problems` already, with its place
//
// Paths are dotted; "meta.x" reads meta. Null equals absent. Types are strict: a mistake is noted
// and the default returned. Placeholders (app/placeholder.h) are resolved on the way.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/entry.h"
#include "app/placeholder.h"
#include "app/registry.h"
#include "core/duration.h"

namespace trivium::app {

// What decoding may consult. The pointers may be null and must outlive the readers.
struct FieldContext {
  // Empty: variables are not known yet. Fields that hold placeholders then give their default and
  // no mistake; that is for checking an application before anything of it exists.
  VariableLookup variables;
  // References are checked against it; without it every reference is taken as good.
  const Snapshot* snapshot = nullptr;
  // References into these namespaces are taken as good: their files could not be read.
  const std::set<std::string, std::less<>>* broken_namespaces = nullptr;
};

struct IntegerRule {
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
};

struct NumberRule {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

struct IdRule {
  bool required = false;
  bool qualified = false;  // the namespace must be written
  bool exists = false;     // the snapshot must have it; implied by kinds
  bool groups = false;     // group:<group> and ns:<namespace> are fine too: any number of entries
  // The target's kind must be one of these; "process." stands for all kinds below.
  std::vector<std::string_view> kinds = {};
};

class Fields {
 public:
  // All three must outlive the reader.
  Fields(const Entry& entry, const FieldContext& context, Problems& problems)
      : entry_(entry), context_(context), problems_(problems), before_(problems.size()) {}

  const Entry& entry() const { return entry_; }
  // No mistake was found through this reader (or in `problems` since it was made).
  bool ok() const { return problems_.size() == before_; }
  bool has(std::string_view path) const { return entry_.field(path) != nullptr; }

  std::string text(std::string_view path, std::string_view fallback = {});
  // Present and not empty.
  std::string required_text(std::string_view path);
  // Program text and the like: placeholders are left alone.
  std::string verbatim(std::string_view path);
  std::string choice(std::string_view path, const std::vector<std::string_view>& allowed,
                     std::string_view fallback);
  int64_t integer(std::string_view path, int64_t fallback, IntegerRule rule = {});
  double number(std::string_view path, double fallback, NumberRule rule = {});
  bool boolean(std::string_view path, bool fallback);
  // A duration string, or integer nanoseconds.
  Duration duration(std::string_view path, Duration fallback, Duration min = Duration::min());
  // Resolved against the entry's namespace; an empty id when absent. {ns, name} maps are ids too.
  EntryId id(std::string_view path, const IdRule& rule = {});
  std::vector<EntryId> ids(std::string_view path, const IdRule& rule = {});
  std::vector<std::string> texts(std::string_view path);
  // A map of strings, in written order.
  std::vector<std::pair<std::string, std::string>> text_map(std::string_view path);
  // Any value, placeholders inside resolved; nil when absent.
  Value value(std::string_view path);
  // A list of any values; empty when absent.
  Array list(std::string_view path);

  // Notes a mistake the caller found.
  void problem(std::string_view path, std::string message, std::string hint = {});

 private:
  // The field's text depends on variables, and these are not known.
  bool undetermined(std::string_view path) const;
  std::optional<Resolved> resolve(std::string_view path, const std::string& text);
  // The scalar at `path` after placeholders; whole placeholders are parsed for typed fields.
  std::optional<Value> scalar(std::string_view path, bool parse);
  std::optional<EntryId> take_id(const std::string& path, const Value& value, const IdRule& rule);
  void check_target(const std::string& path, const EntryId& id, const IdRule& rule);
  void wrong_type(std::string_view path, std::string_view wanted, const Value& found, std::string hint = {});
  Value resolve_all(const std::string& path, const Value& value);

  const Entry& entry_;
  const FieldContext& context_;
  Problems& problems_;
  size_t before_;
};

}  // namespace trivium::app
