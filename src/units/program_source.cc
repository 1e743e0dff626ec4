#include "units/program_source.h"

#include "core/json.h"
#include "core/value.h"
#include "lua/frontend/frontend.h"
#include "lua/sandbox/chunk.h"
#include "units/programs.h"

namespace trivium::units {
namespace {

constexpr int64_t format = 1;

Object object_of(const SourceChunk& chunk) {
  return Object{{"alias", chunk.alias}, {"id", chunk.id}, {"source", chunk.source}};
}

std::string text_of(const Value& holder, std::string_view key) {
  const Value* value = holder.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

SourceChunk chunk_of(const Value& value) {
  return {text_of(value, "alias"), text_of(value, "id"), text_of(value, "source")};
}

tl::unexpected<Error> unreadable(const std::string& why) {
  return fail(kind::invalid, "the stored code cannot be read: " + why);
}

Result<lua::Chunk> compile_chunk(const SourceChunk& chunk) {
  Result<lua::Program> erased = lua::compile(chunk.source, chunk.id);
  if (!erased) return fail(std::move(erased.error()));
  Result<std::string> bytecode = lua::compile_to_bytecode(erased->lua, chunk.id);
  if (!bytecode) return fail(std::move(bytecode.error()));
  return lua::Chunk{chunk.alias, chunk.id, std::move(*bytecode), erased->types};
}

}  // namespace

std::string encode(const ProgramSource& source) {
  Array modules;
  modules.reserve(source.modules.size());
  for (const std::string& name : source.modules) modules.emplace_back(name);
  Array libraries;
  libraries.reserve(source.libraries.size());
  for (const SourceChunk& library : source.libraries) libraries.emplace_back(object_of(library));
  return json::encode(Object{{"format", format},
                             {"method", source.method},
                             {"modules", std::move(modules)},
                             {"libraries", std::move(libraries)},
                             {"main", object_of(source.main)}})
      .value_or("");
}

Result<ProgramSource> decode_program_source(std::string_view text) {
  const Result<Value> whole = json::decode(text);
  if (!whole) return unreadable(whole.error().message);
  const Value* version = whole->find("format");
  if (version == nullptr || !version->is_int()) return unreadable("it has no format");
  if (version->as_int() > format) return unreadable("a newer runtime wrote it");
  const Value* main = whole->find("main");
  if (main == nullptr) return unreadable("it has no main chunk");
  ProgramSource source{text_of(*whole, "method"), {}, {}, chunk_of(*main)};
  if (const Value* modules = whole->find("modules"); modules != nullptr && modules->is_array()) {
    for (const Value& name : modules->as_array()) {
      if (name.is_string()) source.modules.push_back(name.as_string());
    }
  }
  if (const Value* libraries = whole->find("libraries"); libraries != nullptr && libraries->is_array()) {
    for (const Value& library : libraries->as_array()) source.libraries.push_back(chunk_of(library));
  }
  return source;
}

Result<lua::ProgramRef> compile_workflow(const ProgramSource& source, const ModuleSet& modules) {
  auto program = std::make_shared<lua::EntryProgram>();
  program->id = source.main.id;
  program->method = source.method;
  for (const std::string& name : source.modules) {
    const lua::Module* module = modules.find(name);
    if (module == nullptr || !module->workflow) {
      return fail(kind::invalid, "this runtime has no module '" + name + "' for workflows");
    }
    program->modules.push_back(module);
  }
  program->libraries.reserve(source.libraries.size());
  for (const SourceChunk& library : source.libraries) {
    Result<lua::Chunk> chunk = compile_chunk(library);
    if (!chunk) return fail(std::move(chunk.error()));
    program->libraries.push_back(std::move(*chunk));
  }
  Result<lua::Chunk> main = compile_chunk(source.main);
  if (!main) return fail(std::move(main.error()));
  program->main = std::move(*main);
  return lua::ProgramRef(std::move(program));
}

}  // namespace trivium::units
