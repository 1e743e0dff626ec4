#include "core/wire.h"

#include <gtest/gtest.h>

namespace trivium {
namespace {

// Each table has the next one twice.
Values shared_tables(int levels) {
  Values values;
  wire::Writer out(values.bytes);
  const auto table = [&out](uint64_t count) {
    out.byte(wire::table);
    out.byte(0);
    out.varint(count);
    out.u32(0);
  };
  out.byte(wire::with_refs);
  for (int i = 0; i < levels; ++i) table(2);
  table(1);
  out.put_integer(7);
  for (int i = levels; i > 0; --i) {
    out.byte(wire::ref);
    out.varint(static_cast<uint64_t>(i));
  }
  values.count = 1;
  return values;
}

TEST(Wire, PlainDataHasASharedTableOnceForEachReference) {
  const Array leaf{7};
  EXPECT_EQ(first_value(shared_tables(2)), Value(Array{Array{leaf, leaf}, Array{leaf, leaf}}));
}

TEST(Wire, PlainDataOfTablesThatShareTablesEndsSomewhere) {
  const Value value = first_value(shared_tables(40));
  ASSERT_TRUE(value.is_array());
  ASSERT_EQ(value.as_array().size(), 1u);  // the second is nil
  EXPECT_TRUE(value.as_array().front().is_array());
}

}  // namespace
}  // namespace trivium
