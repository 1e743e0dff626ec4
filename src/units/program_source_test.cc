#include "units/program_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "units/programs.h"

namespace trivium::units {
namespace {

using ::testing::HasSubstr;

constexpr lua::Module for_workflows{"funcs", nullptr, nullptr, true};
constexpr lua::Module for_others{"sql", nullptr, nullptr, false};

ProgramSource sample() {
  return {"main",
          {"funcs"},
          {{"words", "app:words", "type Word = string\nreturn {of = function(w: Word) return w end}"}},
          {"", "app:flow", "local words = require('words')\nreturn {main = function() end} -- é \"quoted\""}};
}

std::string why(const ProgramSource& source) {
  ModuleSet modules;
  modules.add(for_workflows);
  modules.add(for_others);
  const auto program = compile_workflow(source, modules);
  return program ? "compiled" : program.error().kind + ": " + program.error().message;
}

TEST(ProgramSource, SurvivesTheStore) {
  const std::string text = encode(sample());
  const auto read = decode_program_source(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode(*read), text);
  EXPECT_EQ(read->main.source, sample().main.source);
  EXPECT_EQ(read->libraries.at(0).alias, "words");
  EXPECT_EQ(why(*read), "compiled");
}

TEST(ProgramSource, EveryPartMakesAnotherProgram) {
  const std::string text = encode(sample());
  ProgramSource other = sample();
  other.method = "run";
  EXPECT_NE(encode(other), text);
  other = sample();
  other.libraries[0].source += " ";
  EXPECT_NE(encode(other), text);
  other = sample();
  other.libraries[0].alias = "w";
  EXPECT_NE(encode(other), text);
  other = sample();
  other.modules.clear();
  EXPECT_NE(encode(other), text);
}

TEST(ProgramSource, WhatCannotBeUsedIsRefused) {
  EXPECT_THAT(decode_program_source("[").error().message, HasSubstr("the stored code cannot be read"));
  EXPECT_THAT(decode_program_source("{}").error().message, HasSubstr("it has no format"));
  EXPECT_THAT(decode_program_source(R"({"format":2})").error().message,
              HasSubstr("a newer runtime wrote it"));
  EXPECT_THAT(decode_program_source(R"({"format":1})").error().message, HasSubstr("it has no main chunk"));
  ProgramSource source = sample();
  source.modules = {"gone"};
  EXPECT_EQ(why(source), "Invalid: this runtime has no module 'gone' for workflows");
  source.modules = {"sql"};
  EXPECT_EQ(why(source), "Invalid: this runtime has no module 'sql' for workflows");
  source = sample();
  source.libraries[0].source = "return {";
  EXPECT_THAT(why(source), HasSubstr("app:words:1:"));
}

}  // namespace
}  // namespace trivium::units
