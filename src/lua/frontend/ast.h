// The tree of a chunk: every statement, expression and type as written, with positions, and each
// name resolved to the local or type it means. Nodes live in the tree's arena and refer into its
// copy of the source. A tree is immutable once parsed, so any thread may read it.
//
// The parser bounds bracketed nesting (kMaxNesting), but what it builds in a loop (operands on the
// left, chains of calls, casts and type suffixes) adds up to kMaxChain levels to each, so whoever
// walks a tree recursively counts its own depth.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lua/frontend/arena.h"
#include "lua/frontend/source.h"

namespace trivium::lua {

inline constexpr int kMaxNesting = 180;
inline constexpr int kMaxChain = 4000;

template <class T>
using List = std::span<T>;

struct Expr;
struct Function;
struct Local;
struct Stat;
struct TypeDecl;
struct TypeNode;
struct TypeParam;

// An identifier; equal texts share one Name, so names compare by address.
struct Name {
  std::string_view text;
  uint8_t keyword = 0;  // Tok of a reserved word
  uint8_t word = 0;     // Word with a meaning in the dialect, see names.h
  // What the name means at the point the parser has reached. Meaningless afterwards.
  Local* local = nullptr;
  TypeDecl* inner_type = nullptr;
  uint32_t inner_type_depth = 0;
  TypeParam* type_param = nullptr;
  TypeDecl* top_type = nullptr;
};

struct Block {
  Span span;
  List<Stat*> body;
};

// --- variables and functions ----------------------------------------------------------------------

enum class LocalKind : uint8_t { kLocal, kParameter, kLoop, kFunction, kSelf };

struct Local {
  const Name* name;
  Span span;  // of the name where it is declared; empty for self
  LocalKind kind;
  TypeNode* annotation = nullptr;
  Expr* init = nullptr;          // of `local name = init`
  Function* function = nullptr;  // of `local function name`
  const Name* attribute = nullptr;
  uint32_t depth = 0;       // blocks around it
  Local* hidden = nullptr;  // the local of the same name it hides
};

struct TypeParam {
  const Name* name;
  Span span;
  uint32_t index;
  TypeNode* constraint = nullptr;
  TypeParam* hidden = nullptr;
};

struct Function {
  Span span;
  List<TypeParam*> type_params;
  Local* self = nullptr;  // of `function a:b()`
  List<Local*> params;
  bool vararg = false;
  TypeNode* vararg_type = nullptr;
  TypeNode* result = nullptr;  // kList when several or none; null when not annotated
  Block body;
};

// --- expressions ----------------------------------------------------------------------------------

enum class ExprKind : uint8_t {
  kNil,
  kTrue,
  kFalse,
  kVararg,
  kNumber,
  kString,
  kFunction,
  kName,
  kMember,
  kIndex,
  kCall,
  kMethodCall,
  kParen,
  kCast,
  kNonNil,
  kUnary,
  kBinary,
  kTable,
};

enum class Operator : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kIntDiv,
  kMod,
  kPow,
  kConcat,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
  kBitAnd,
  kBitOr,
  kBitXor,
  kShiftLeft,
  kShiftRight,
  kNegate,
  kNot,
  kLength,
  kBitNot,
};

struct Expr {
  ExprKind kind;
  Span span;
};

// kNil, kTrue, kFalse, kVararg are plain Exprs; numbers and strings are read from their span with
// number_value() and string_value() (literal.h).

struct FunctionExpr : Expr {
  Function* function;
};

struct NameExpr : Expr {
  const Name* name;
  Local* local = nullptr;                 // null: a global, or the type value below
  TypeDecl* type = nullptr;               // the declared type whose value this expression is
  bool primitive = false;                 // the value of the builtin type of this name
  bool assigned = false;                  // target of an assignment or of `function name`
  bool called = false;                    // written as name(…), name.kind(…), name:is(…)
  const NameExpr* argument_of = nullptr;  // directly an argument of a call of this name
};

struct MemberExpr : Expr {
  Expr* object;
  const Name* name;
  Span name_span;
};

struct IndexExpr : Expr {
  Expr* object;
  Expr* key;
};

struct CallExpr : Expr {
  Expr* callee;
  List<Expr*> args;
};

struct MethodCallExpr : Expr {
  Expr* object;
  const Name* name;
  Span name_span;
  List<Expr*> args;
};

// kParen and kNonNil
struct WrapExpr : Expr {
  Expr* inner;
};

struct CastExpr : Expr {
  Expr* inner;
  TypeNode* type;
};

struct UnaryExpr : Expr {
  Operator op;
  Expr* operand;
};

struct BinaryExpr : Expr {
  Operator op;
  Span op_span;
  Expr* left;
  Expr* right;
};

struct TableItem {
  const Name* name;  // name = value
  Expr* key;         // [key] = value; neither: positional
  Expr* value;
};

struct TableExpr : Expr {
  List<TableItem> items;
};

// --- statements -----------------------------------------------------------------------------------

enum class StatKind : uint8_t {
  kLocal,
  kLocalFunction,
  kFunction,
  kAssign,
  kCall,
  kDo,
  kWhile,
  kRepeat,
  kIf,
  kNumericFor,
  kGenericFor,
  kReturn,
  kBreak,
  kGoto,
  kLabel,
  kType,
};

struct Stat {
  StatKind kind;
  Span span;
};

// kBreak is a plain Stat.

struct LocalStat : Stat {
  List<Local*> locals;
  List<Expr*> values;
};

struct LocalFunctionStat : Stat {
  Local* local;
  Function* function;
};

// function a.b:c() — target is `a.b.c`; is_method says whether the last step was a colon.
struct FunctionStat : Stat {
  Expr* target;
  bool is_method;
  Function* function;
};

struct AssignStat : Stat {
  List<Expr*> targets;
  List<Expr*> values;
};

struct CallStat : Stat {
  Expr* call;
};

struct DoStat : Stat {
  Block body;
};

// kWhile and kRepeat
struct LoopStat : Stat {
  Expr* condition;
  Block body;
};

struct IfBranch {
  Expr* condition;
  Block body;
};

struct IfStat : Stat {
  List<IfBranch> branches;
  bool has_else;
  Block otherwise;
};

struct NumericForStat : Stat {
  Local* variable;
  Expr* first;
  Expr* limit;
  Expr* step;  // may be null
  Block body;
};

struct GenericForStat : Stat {
  List<Local*> variables;
  List<Expr*> values;
  Block body;
};

struct ReturnStat : Stat {
  List<Expr*> values;
};

// kGoto and kLabel
struct LabelStat : Stat {
  const Name* name;
};

// `type` and `interface` declarations
struct TypeStat : Stat {
  TypeDecl* declaration;
};

// --- types ----------------------------------------------------------------------------------------

enum class TypeNodeKind : uint8_t {
  kNil,
  kTrue,
  kFalse,
  kString,
  kNumber,     // literals, read from the span like expressions
  kName,       // name<items…>; decl or param say what it resolved to, neither: builtin or unknown
  kQualified,  // qualifier.name<items…>
  kArray,      // items[0]
  kMap,        // items[0] keys, items[1] values
  kRecord,     // fields
  kInterface,  // fields
  kOptional,   // items[0]
  kUnion,
  kIntersection,
  kFunction,     // params, result
  kList,         // a list of results: items, variadic
  kTypeof,       // expr
  kKeyof,        // items[0]
  kIndex,        // items[0][items[1]]
  kConditional,  // items[0] extends items[1] ? items[2] : items[3]
  kAsserts,      // asserts name [is items[0]]
  kAnnotated,    // items[0] @annotations
};

// One field of a record or one parameter of a function type (whose name may be null).
struct NodeField {
  const Name* name;
  Span span;
  TypeNode* type;
  bool optional;
};

struct Annotation {
  const Name* name;
  Span span;
  List<Expr*> args;
};

struct TypeNode {
  TypeNodeKind kind;
  Span span;
  const Name* name = nullptr;
  const Name* qualifier = nullptr;
  Local* module = nullptr;  // the local `qualifier` resolves to; null: a global
  TypeDecl* decl = nullptr;
  TypeParam* param = nullptr;
  List<TypeNode*> items = {};
  List<NodeField> fields = {};
  List<NodeField> params = {};
  List<Annotation> annotations = {};
  TypeNode* result = nullptr;
  TypeNode* vararg_type = nullptr;
  Expr* expr = nullptr;
  bool readonly = false;
  bool variadic = false;
};

struct TypeDecl {
  const Name* name;
  Span span;  // of the name
  bool is_interface;
  bool top_level;
  List<TypeParam*> params = {};
  TypeNode* body = nullptr;    // interfaces: a kInterface node with their methods
  List<TypeNode*> bases = {};  // of interfaces
  uint32_t hidden_depth = 0;
  TypeDecl* hidden = nullptr;  // the declaration of the same name it hides
};

// --- the tree -------------------------------------------------------------------------------------

struct RequiredName {
  std::string name;
  Position position;
};

// One change of the text on the way to plain Lua.
struct Edit {
  enum class Kind : uint8_t {
    kBlank,      // spaces, newlines kept
    kStatement,  // the same with `;` in front
    kDelete,
    kKeyword,    // .goto becomes ["goto"]; a key becomes ["goto"]
    kTypeValue,  // a type name in an expression
  };
  uint32_t begin;
  uint32_t end;
  Kind kind;
  const NameExpr* reference = nullptr;
};

struct Ast {
  std::string source;
  Arena arena;
  Function* main = nullptr;
  std::vector<uint32_t> line_starts;
  std::vector<TypeDecl*> top_types;        // in order of declaration
  std::vector<NameExpr*> type_references;  // expressions that are type values, in source order
  std::vector<RequiredName> requires_;     // require("literal"), in source order
  std::vector<Edit> edits;                 // sorted, disjoint
  std::string hidden_name;                 // an identifier the source does not contain

  Position position(uint32_t offset) const { return position_of(line_starts, offset); }
  std::string_view text(Span span) const {
    return std::string_view(source).substr(span.begin, span.end - span.begin);
  }
};

struct ParseResult {
  std::unique_ptr<Ast> ast;         // null when errors is not empty
  std::vector<SyntaxError> errors;  // the parser stops at the first
};

// Parses a chunk of the dialect. Any bytes are accepted as input; nothing is thrown.
ParseResult parse(std::string_view source);

}  // namespace trivium::lua
