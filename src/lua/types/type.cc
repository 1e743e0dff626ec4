#include "lua/types/type.h"

#include <re2/re2.h>

namespace trivium::lua {

LazyPattern::LazyPattern() = default;
LazyPattern::~LazyPattern() = default;

const re2::RE2* LazyPattern::get(const std::string& pattern) const {
  std::call_once(once_, [&] {
    re2::RE2::Options options;
    options.set_log_errors(false);
    compiled_ = std::make_unique<re2::RE2>(pattern, options);
  });
  return compiled_->ok() ? compiled_.get() : nullptr;
}

TypeDeclaration* TypeSet::declare(std::string name) {
  TypeDeclaration* declaration = &declarations_.emplace_back();
  declaration->name = std::move(name);
  Type* ref = make(TypeKind::kRef);
  ref->declaration = declaration;
  declaration->ref = ref;
  return declaration;
}

const TypeDeclaration* TypeSet::find(std::string_view name) const {
  for (auto it = exposed_.rbegin(); it != exposed_.rend(); ++it) {
    if ((*it)->name == name) return *it;
  }
  return nullptr;
}

namespace {

Type make_builtin(TypeKind kind, std::string_view name) {
  Type type(kind);
  type.name = name;
  return type;
}

struct HostModule {
  std::string_view module;
  std::string_view objects;  // userdata, between blanks
  std::string_view data;     // options and records the modules take or give as tables
};

constexpr HostModule kHostModules[] = {
    {"channel", " Channel ", " SelectCase SelectResult "},
    {"process", " Message SpawnBuilder ", " Event Options "},
    {"time", " Time Duration Location Ticker Timer ", ""},
    {"funcs", " Executor Future ", ""},
    {"store", " Store ", " Info Entry Page ListOptions PutOptions "},
    {"sql",
     " DB Statement Transaction Sqlizer QueryExecutor SelectBuilder InsertBuilder UpdateBuilder "
     "DeleteBuilder ",
     " DBStats ExecuteResult "},
    {"fs", " FS File ", " FileInfo "},
    {"http", " Request Response MultipartFile Stream ", " MultipartForm "},
    {"http_client", " Response StreamReader ", " RequestOptions TLSOptions "},
    {"websocket", " Client ", " Message "},
    {"registry", " Snapshot Changes Version History ", " ID Entry "},
    {"security", " Actor Scope Policy TokenStore ", ""},
    {"queue", " Message ", ""},
    {"payload", " Payload ", ""},
    {"logger", " Logger ", ""},
    {"exec", " Executor Process ", ""},
    {"stream", " Stream Scanner ", ""},
    {"contract", " Contract ", " MethodDefinition SchemaDefinition "},
    {"expr", " Program ", ""},
    {"templates", " Set ", ""},
    {"text", " Regexp Differ Splitter ", " DiffResult "},
    {"uuid", "", " Info "},
    {"workflow", "", " Info AttrsInput "},
    {"yaml", "", " EncodeOptions "},
    {"html", " Policy AttrBuilder ", ""},
    {"os", "", " DateTable "},
};

bool lists(std::string_view names, std::string_view name) {
  return names.find(' ' + std::string(name) + ' ') != std::string_view::npos;
}

}  // namespace

const Type* builtin_type(std::string_view name) {
  static const std::vector<Type> builtins = [] {
    std::vector<Type> list;
    list.push_back(make_builtin(TypeKind::kNil, "nil"));
    list.push_back(make_builtin(TypeKind::kBoolean, "boolean"));
    list.push_back(make_builtin(TypeKind::kNumber, "number"));
    list.push_back(make_builtin(TypeKind::kInteger, "integer"));
    list.push_back(make_builtin(TypeKind::kString, "string"));
    list.push_back(make_builtin(TypeKind::kTable, "table"));
    list.push_back(make_builtin(TypeKind::kAny, "any"));
    list.push_back(make_builtin(TypeKind::kUnknown, "unknown"));
    list.push_back(make_builtin(TypeKind::kNever, "never"));
    list.push_back(make_builtin(TypeKind::kSelf, "self"));
    list.push_back(make_builtin(TypeKind::kUserdata, "error"));
    list.push_back(make_builtin(TypeKind::kUserdata, "Channel"));
    return list;
  }();
  if (name == "bool") name = "boolean";
  if (name == "int") name = "integer";
  for (const Type& type : builtins) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

const Type* host_type(std::string_view module, std::string_view name) {
  static const Type object = make_builtin(TypeKind::kUserdata, "userdata");
  static const Type data = make_builtin(TypeKind::kHostData, "userdata or table");
  for (const HostModule& host : kHostModules) {
    if (host.module != module) continue;
    if (lists(host.objects, name)) return &object;
    if (lists(host.data, name)) return &data;
  }
  return nullptr;
}

}  // namespace trivium::lua
