// How types read: their name where they have one, their structure otherwise.
#include "lua/types/resolve.h"

namespace trivium::lua {

namespace {

constexpr size_t kLongest = 2000;
constexpr int kDeepest = 24;

std::string literal_text(const Literal& literal) {
  if (const bool* flag = std::get_if<bool>(&literal)) return *flag ? "true" : "false";
  if (const int64_t* integer = std::get_if<int64_t>(&literal)) return std::to_string(*integer);
  if (const double* number = std::get_if<double>(&literal)) {
    char buffer[64];
    const int length = trivium_number_to_text(buffer, sizeof buffer, *number);
    return std::string(buffer, static_cast<size_t>(length));
  }
  if (const std::string* string = std::get_if<std::string>(&literal)) {
    std::string text = "\"";
    for (char c : *string) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    return text + '"';
  }
  return "nil";
}

class Writer {
 public:
  explicit Writer(const Imports& imports) : imports_(imports) {}

  std::string take() { return std::move(out_); }

  void write(const Typed& type) {
    if (depth_ >= kDeepest || out_.size() > kLongest) {
      out_ += "...";
      return;
    }
    ++depth_;
    write_node(type);
    --depth_;
  }

 private:
  void write_node(const Typed& type) {
    const Type& node = *type.node;
    switch (node.kind) {
      case TypeKind::kLiteral:
        out_ += literal_text(node.literal);
        break;
      case TypeKind::kOptional:
        operand(part(type, node.items[0])), out_ += '?';
        break;
      case TypeKind::kArray:
        if (node.readonly) out_ += "readonly ";
        operand(part(type, node.items[0]));
        out_ += "[]";
        break;
      case TypeKind::kUnion:
        joined(type, " | ");
        break;
      case TypeKind::kIntersection:
        joined(type, " & ");
        break;
      case TypeKind::kTuple:
        list("(", type, node.items, ")");
        break;
      case TypeKind::kMap:
        out_ += node.readonly ? "readonly {[" : "{[";
        write(part(type, node.items[0]));
        out_ += "]: ";
        write(part(type, node.items[1]));
        out_ += '}';
        break;
      case TypeKind::kRecord:
        out_ += node.readonly ? "readonly {" : "{";
        fields(type, "?: ");
        out_ += '}';
        break;
      case TypeKind::kInterface:
        out_ += "interface {";
        fields(type, "?: ");
        out_ += '}';
        break;
      case TypeKind::kFunction:
        function(type);
        break;
      case TypeKind::kAnnotated:
        annotated(type);
        break;
      case TypeKind::kParam:
        parameter(type);
        break;
      case TypeKind::kRef:
        out_ += node.declaration->name;
        break;
      case TypeKind::kImport:
        out_ += node.module + '.' + node.name;
        break;
      case TypeKind::kInstance:
        if (!node.module.empty()) out_ += node.module + '.';
        out_ += node.declaration != nullptr ? node.declaration->name : node.name;
        list("<", type, node.items, ">");
        break;
      case TypeKind::kKeyof:
        list("keyof(", type, node.items, ")");
        break;
      case TypeKind::kIndex:
        operand(part(type, node.items[0]));
        out_ += '[';
        write(part(type, node.items[1]));
        out_ += ']';
        break;
      case TypeKind::kConditional:
        operand(part(type, node.items[0]));
        out_ += " extends ";
        operand(part(type, node.items[1]));
        out_ += " ? ";
        write(part(type, node.items[2]));
        out_ += " : ";
        write(part(type, node.items[3]));
        break;
      default:
        out_ += node.name;
        break;
    }
  }

  // What an operator or suffix applies to.
  void operand(const Typed& type) {
    const TypeKind kind = type.node->kind;
    const bool grouped = kind == TypeKind::kUnion || kind == TypeKind::kIntersection ||
                         kind == TypeKind::kFunction || kind == TypeKind::kConditional;
    if (grouped) out_ += '(';
    write(type);
    if (grouped) out_ += ')';
  }

  void joined(const Typed& type, std::string_view separator) {
    std::string_view before;
    for (const Type* item : type.node->items) {
      out_ += before;
      before = separator;
      operand(part(type, item));
    }
  }

  void list(std::string_view open, const Typed& type, const std::vector<const Type*>& items,
            std::string_view close) {
    out_ += open;
    std::string_view before;
    for (const Type* item : items) {
      out_ += before;
      before = ", ";
      write(part(type, item));
    }
    out_ += close;
  }

  void fields(const Typed& type, std::string_view optional_mark) {
    std::string_view before;
    for (const TypeField& field : type.node->fields) {
      out_ += before;
      before = ", ";
      if (!field.name.empty()) {
        out_ += field.name;
        out_ += field.optional ? optional_mark : ": ";
      }
      write(part(type, field.type));
    }
  }

  void function(const Typed& type) {
    out_ += "fun(";
    fields(type, "?: ");
    if (type.node->variadic) out_ += type.node->fields.empty() ? "..." : ", ...";
    out_ += ')';
    if (type.node->results.empty()) return;
    out_ += " -> ";
    if (type.node->results.size() == 1) return write(part(type, type.node->results[0]));
    list("(", type, type.node->results, ")");
  }

  void annotated(const Typed& type) {
    operand(part(type, type.node->items[0]));
    for (const TypeAnnotation& annotation : type.node->annotations) {
      out_ += " @" + annotation.name;
      if (annotation.args.empty()) continue;
      std::string_view before = "(";
      for (const Literal& arg : annotation.args) {
        out_ += before;
        before = ", ";
        out_ += literal_text(arg);
      }
      out_ += ')';
    }
  }

  void parameter(const Typed& type) {
    const uint32_t index = type.node->index;
    if (type.arguments != nullptr && index < type.arguments->list.size()) {
      operand(type.arguments->list[index]);
    } else {
      out_ += type.node->name;
    }
  }

  const Imports& imports_;
  std::string out_;
  int depth_ = 0;
};

}  // namespace

std::string type_name(const Typed& type) {
  const Type& node = *type.node;
  switch (node.kind) {
    case TypeKind::kRef:
      return node.declaration->name;
    case TypeKind::kImport:
      return node.name;
    case TypeKind::kInstance:
    case TypeKind::kUnresolved:
      return {};
    case TypeKind::kParam:
      if (type.arguments == nullptr || node.index >= type.arguments->list.size()) return {};
      return type_name(type.arguments->list[node.index]);
    default:
      return node.name;
  }
}

std::string type_text(const Typed& type, const Imports& imports) {
  Writer writer(imports);
  writer.write(type);
  return writer.take();
}

}  // namespace trivium::lua
