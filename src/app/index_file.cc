#include "app/index_file.h"

#include <algorithm>
#include <memory>
#include <span>

#include "app/document.h"
#include "app/files.h"

namespace trivium::app {
namespace {

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// The namespace of a file that is no YAML: the rest of its first line "namespace: x". Empty when
// the file does not look like an application's.
std::string guess_namespace(std::string_view text, bool json) {
  const std::string_view key = json ? "\"namespace\"" : "namespace:";
  for (size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (!json && at > 0 && text[at - 1] != '\n') continue;
    std::string_view rest = text.substr(at + key.size());
    rest = rest.substr(0, rest.find_first_of("\n#,}"));
    std::string name;
    for (char c : rest) {
      if (std::string_view(" \t\r\"':").find(c) == std::string_view::npos) name += c;
    }
    return name;
  }
  return {};
}

class Reader {
 public:
  Reader(const IndexSource& source, Problems& problems) : source_(source), problems_(problems) {}

  IndexFile read(std::string_view text);

 private:
  enum class Form { listed, single };

  void flaw(Mark mark, std::string message, std::string hint = {}) {
    problems_.add({source_.shown, mark.line, mark.column}, std::move(message), std::move(hint));
  }
  void entry_flaw(const std::string& entry, const std::string& field, Mark mark, std::string message,
                  std::string hint = {}) {
    problems_.add(
        {{source_.shown, mark.line, mark.column}, entry, field, std::move(message), std::move(hint)});
  }

  void read_entry(const Node& node, size_t index);
  void read_single(const Node& root);
  void build(const Node& node, Form form, std::string name, const std::string& kind);
  // Copies the value of `node`, replacing file:// strings, and notes the place of all of it.
  Value take(const Node& node, const std::string& path, Origin& origin, const std::string& entry);
  // A required, non-blank string; null after adding a problem. `who` is the entry's id, or its
  // number in the list when it has no name, or empty for the file itself.
  const std::string* text_of(const Node& node, std::string_view key, const std::string& who, Mark mark);
  void take_meta(const Node& meta, Value& into, Origin& origin, const std::string& entry);

  const IndexSource& source_;
  Problems& problems_;
  IndexFile result_;
  const Node* file_meta_ = nullptr;
};

IndexFile Reader::read(std::string_view text) {
  const bool json = source_.path.extension() == ".json";
  const Document document = json ? parse_json(text) : parse_yaml(text);
  if (!document.readable) {
    result_.ns = guess_namespace(text, json);
    result_.application = !result_.ns.empty();
    result_.readable = false;
    if (result_.application) {
      for (const Flaw& f : document.flaws) flaw(f.mark, f.message, f.hint);
    }
    return std::move(result_);
  }
  const Node& root = document.root;
  const Node::Member* ns = root.is_map() ? root.find("namespace") : nullptr;
  if (ns == nullptr || ns->value.is_null()) return {};
  const Node::Member* entries = root.find("entries");
  if (!ns->value.is_string()) {
    if (entries != nullptr && entries->value.is_list()) {
      result_.application = true;
      flaw(ns->mark, "namespace must be a string, not " + with_article(ns->value.type_name()), "quote it");
    }
    return std::move(result_);
  }
  if (blank(ns->value.scalar.as_string())) return {};
  result_.application = true;
  result_.ns = ns->value.scalar.as_string();
  for (const Flaw& f : document.flaws) flaw(f.mark, f.message, f.hint);

  if (const auto* meta = root.find("meta"); meta != nullptr && !meta->value.is_null()) {
    if (meta->value.is_map()) {
      file_meta_ = &meta->value;
    } else if (!source_.lenient) {
      flaw(meta->mark, "meta must be a map, not " + with_article(meta->value.type_name()));
    }
  }
  if (entries != nullptr && !entries->value.is_null() && !entries->value.is_list()) {
    flaw(entries->mark, "entries must be a list, not " + with_article(entries->value.type_name()),
         "start each entry with `- name: …`");
    return std::move(result_);
  }
  if (entries != nullptr && entries->value.is_list() && !entries->value.items.empty()) {
    for (size_t i = 0; i < entries->value.items.size(); ++i) read_entry(entries->value.items[i], i);
  } else if (root.find("name") != nullptr || root.find("kind") != nullptr) {
    read_single(root);
  } else if (entries == nullptr || entries->value.is_null()) {
    flaw(entries != nullptr ? entries->mark : root.mark,
         "entries: either entries array or single entry (name/kind) must be provided",
         "write `entries: []` for a file without entries");
  }
  return std::move(result_);
}

const std::string* Reader::text_of(const Node& node, std::string_view key, const std::string& who,
                                   Mark mark) {
  const Node::Member* member = node.find(key);
  if (member != nullptr && member->value.is_string() && !blank(member->value.scalar.as_string())) {
    return &member->value.scalar.as_string();
  }
  std::string hint;
  if (member == nullptr) {
    hint = "add `" + std::string(key) + ": …`";
  } else if (!member->value.is_string() && !member->value.is_null()) {
    hint = "it is " + with_article(member->value.type_name());
    if (member->value.type == Node::Type::scalar) hint += "; quote it";
  }
  const Mark at = member != nullptr ? member->mark : mark;
  if (who.starts_with(result_.ns + ":")) {
    entry_flaw(who, std::string(key), at, "is required and must be a non-empty string", hint);
  } else {
    const std::string where = who.empty() ? std::string(key) : who + "." + std::string(key);
    flaw(at, where + ": " + std::string(key) + " is required and must be a non-empty string", hint);
  }
  return nullptr;
}

void Reader::read_entry(const Node& node, size_t index) {
  const std::string who = "entry[" + std::to_string(index) + "]";
  if (!node.is_map()) {
    flaw(node.mark, who + " must be a map with name and kind, not " + with_article(node.type_name()));
    return;
  }
  const std::string* name = text_of(node, "name", who, node.mark);
  const std::string* kind =
      text_of(node, "kind", name != nullptr ? result_.ns + ":" + *name : who, node.mark);
  if (name != nullptr && kind != nullptr) build(node, Form::listed, *name, *kind);
}

void Reader::read_single(const Node& root) {
  const std::string* name = text_of(root, "name", "", root.mark);
  const std::string* kind = text_of(root, "kind", "", root.mark);
  if (name != nullptr && kind != nullptr) build(root, Form::single, *name, *kind);
}

void Reader::take_meta(const Node& meta, Value& into, Origin& origin, const std::string& entry) {
  for (const Node::Member& member : meta.members) {
    const std::string path = "meta." + member.key;
    origin.replace(path, {source_.shown, member.mark.line, member.mark.column});
    into.as_object().set(member.key, take(member.value, path, origin, entry));
  }
}

Value Reader::take(const Node& node, const std::string& path, Origin& origin, const std::string& entry) {
  switch (node.type) {
    case Node::Type::list: {
      Array array;
      array.reserve(node.items.size());
      for (size_t i = 0; i < node.items.size(); ++i) {
        const std::string item = path + "[" + std::to_string(i) + "]";
        origin.mark(item, node.items[i].mark.line, node.items[i].mark.column);
        array.push_back(take(node.items[i], item, origin, entry));
      }
      return array;
    }
    case Node::Type::map: {
      Object object;
      for (const Node::Member& member : node.members) {
        const std::string inner = path.empty() ? member.key : path + "." + member.key;
        origin.mark(inner, member.mark.line, member.mark.column);
        object.set(member.key, take(member.value, inner, origin, entry));
      }
      return object;
    }
    case Node::Type::scalar:
      break;
  }
  if (!node.is_string() || !node.scalar.as_string().starts_with("file://")) return node.scalar;
  Result<IncludedFile> file =
      read_file_value(node.scalar.as_string(), source_.path.parent_path(), source_.root);
  if (!file) {
    entry_flaw(entry, path, node.mark, file.error().message);
    return {};
  }
  origin.include(path, shown_path(file->path, source_.base));
  return std::move(file->text);
}

void Reader::build(const Node& node, Form form, std::string name, const std::string& kind) {
  static constexpr std::string_view of_entry[] = {"name", "kind", "meta"};
  static constexpr std::string_view of_file[] = {"name",    "kind",         "meta",   "namespace",
                                                 "version", "requirements", "entries"};
  const std::span<const std::string_view> reserved = form == Form::listed
                                                         ? std::span<const std::string_view>(of_entry)
                                                         : std::span<const std::string_view>(of_file);
  const size_t before = problems_.size();
  Entry entry;
  entry.id = {result_.ns, std::move(name)};
  entry.kind = kind;
  const std::string shown = entry.id.text();
  const Mark mark = node.find("name")->mark;
  auto origin = std::make_shared<Origin>(Place{source_.shown, mark.line, mark.column});
  origin->mark("kind", node.find("kind")->mark.line, node.find("kind")->mark.column);

  entry.meta = Object();
  if (file_meta_ != nullptr) take_meta(*file_meta_, entry.meta, *origin, shown);
  const Node::Member* meta = form == Form::listed ? node.find("meta") : nullptr;
  if (meta != nullptr && !meta->value.is_null()) {
    if (meta->value.is_map()) {
      take_meta(meta->value, entry.meta, *origin, shown);
    } else if (!source_.lenient) {
      entry_flaw(shown, "meta", meta->mark, "must be a map, not " + with_article(meta->value.type_name()));
    }
  }

  if (const Node::Member* data = node.find("data"); data != nullptr) {
    entry.data = take(data->value, "", *origin, shown);
  } else {
    Object object;
    for (const Node::Member& member : node.members) {
      if (std::find(reserved.begin(), reserved.end(), member.key) != reserved.end()) continue;
      origin->mark(member.key, member.mark.line, member.mark.column);
      object.set(member.key, take(member.value, member.key, *origin, shown));
    }
    entry.data = std::move(object);
  }
  if (problems_.size() != before) return;
  entry.origin = std::move(origin);
  result_.entries.push_back(std::move(entry));
}

}  // namespace

IndexFile parse_index(std::string_view text, const IndexSource& source, Problems& problems) {
  return Reader(source, problems).read(text);
}

}  // namespace trivium::app
