#include "lua/frontend/eraser.h"

namespace trivium::lua {

namespace {

void blank(std::string& out, std::string_view erased) {
  for (char c : erased) out += c == '\n' || c == '\r' ? c : ' ';
}

}  // namespace

std::string erase(const Ast& ast, const std::function<size_t(const NameExpr&)>& slot_of) {
  const std::string_view source = ast.source;
  const bool wrapped = !ast.type_references.empty();
  std::string out;
  out.reserve(source.size() + ast.edits.size() * 8 + 64);
  if (wrapped) out += "local " + ast.hidden_name + "=...;return function(...)";
  size_t done = 0;
  for (const Edit& edit : ast.edits) {
    out += source.substr(done, edit.begin - done);
    done = edit.end;
    const std::string_view old = source.substr(edit.begin, edit.end - edit.begin);
    switch (edit.kind) {
      case Edit::Kind::kBlank:
        blank(out, old);
        break;
      case Edit::Kind::kStatement:
        out += ';';
        blank(out, old.substr(1));
        break;
      case Edit::Kind::kDelete:
        break;
      case Edit::Kind::kKeyword:
        // `.goto`: what stands between the dot and the word may hold line breaks.
        blank(out, old.substr(0, old.size() - 4));
        out += "[\"goto\"]";
        break;
      case Edit::Kind::kTypeValue:
        out += ast.hidden_name + '[' + std::to_string(slot_of(*edit.reference)) + ']';
        break;
    }
  }
  out += source.substr(done);
  // The last line may be a comment without an end.
  if (wrapped) out += out.back() == '\n' || out.back() == '\r' ? "end" : "\nend";
  return out;
}

}  // namespace trivium::lua
