#include "lua/frontend/frontend.h"

#include "lua/frontend/eraser.h"
#include "lua/frontend/type_builder.h"

namespace trivium::lua {

Program compile(const Ast& ast) {
  Program program;
  TypeBuilder types(ast);
  program.lua = erase(ast, [&types](const NameExpr& expr) { return types.slot_of(expr); });
  program.types = types.finish();
  program.requires_ = ast.requires_;
  return program;
}

Result<Program> compile(std::string_view source, std::string_view chunk_name) {
  const ParseResult parsed = parse(source);
  if (!parsed.errors.empty()) return fail(to_error(parsed.errors.front(), source, chunk_name));
  return compile(*parsed.ast);
}

}  // namespace trivium::lua
