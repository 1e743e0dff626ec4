#include "cli/assembly/modules.h"

#include <gtest/gtest.h>

#include "app/always_there.h"
#include "lua/environment.h"
#include "lua/sandbox/libraries.h"

namespace trivium::cli {
namespace {

TEST(Modules, WhatNeedsNoDeclarationIsThere) {
  const lua::Environment environment(ambient_globals());
  const lua::Library& more = *environment.hooks().globals;
  for (const std::string_view name : app::names_always_there()) {
    EXPECT_TRUE(lua::base_library().find(name) != nullptr || more.find(name) != nullptr) << name;
  }
  for (const lua::Library* library : {&lua::base_library(), &more}) {
    for (const lua::LibraryField& field : library->fields)
      EXPECT_TRUE(app::always_there(field.name)) << field.name;
  }
}

}  // namespace
}  // namespace trivium::cli
