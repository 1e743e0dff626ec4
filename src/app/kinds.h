// The kinds of entries the runtime can carry out.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/fields.h"

namespace trivium::app {

// Looks at one entry without changing anything and notes its mistakes.
using EntryCheck = std::function<void(const Entry& entry, const FieldContext& context, Problems& problems)>;

// Each handler registers its kinds here before the application is loaded.
class Kinds {
 public:
  // With the kinds that need no handler: registry.entry and ns.*.
  Kinds();

  void add(std::string kind, EntryCheck check = {});
  bool known(std::string_view kind) const { return checks_.find(kind) != checks_.end(); }
  // Runs the kind's check, if it has one.
  void check(const Entry& entry, const FieldContext& context, Problems& problems) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, EntryCheck, std::less<>> checks_;
};

// Kinds that no handler takes and that are never supervised: registry.entry and ns.*.
bool is_passive_kind(std::string_view kind);

// Kinds of the application format that this runtime may learn one day; their message says so.
bool is_planned_kind(std::string_view kind);

}  // namespace trivium::app
