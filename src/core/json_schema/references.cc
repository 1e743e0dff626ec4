#include "core/json_schema/references.h"

#include <charconv>

namespace trivium::json {
namespace {

struct Split {
  std::string resource;
  std::string fragment;
};

Split split(const std::string& uri) {
  const size_t hash = uri.find('#');
  if (hash == std::string::npos) return {uri, {}};
  return {uri.substr(0, hash), uri.substr(hash + 1)};
}

size_t end_of_scheme(std::string_view uri) {
  const size_t colon = uri.find(':');
  const size_t other = uri.find_first_of("/?#");
  return colon != std::string_view::npos && colon > 0 && colon < other ? colon : std::string_view::npos;
}

// A reference seen from `base`, which has no fragment.
std::string resolved(const std::string& base, std::string_view reference) {
  if (reference.empty()) return base;
  if (end_of_scheme(reference) != std::string_view::npos) return std::string(reference);
  if (reference.front() == '#') return base + std::string(reference);
  const size_t scheme = end_of_scheme(base);
  size_t path = scheme == std::string::npos ? 0 : scheme + 1;
  if (base.compare(path, 2, "//") == 0) path = std::min(base.find('/', path + 2), base.size());
  if (reference.front() == '/') return base.substr(0, path) + std::string(reference);
  const size_t slash = base.rfind('/');
  const bool within = slash != std::string::npos && slash >= path;
  return base.substr(0, within ? slash + 1 : path) + std::string(reference);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// ~1 is a slash, ~0 a tilde.
std::string unescaped(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (!escape) {
      out += token[i];
    } else {
      out += token[++i] == '1' ? '/' : '~';
    }
  }
  return out;
}

const Value* step(const Value& from, const std::string& token) {
  if (!from.is_array()) return from.find(token);
  size_t place = 0;
  const char* const end = token.data() + token.size();
  if (token.empty() || std::from_chars(token.data(), end, place).ptr != end) return nullptr;
  return place < from.as_array().size() ? &from.as_array()[place] : nullptr;
}

const std::string* text_of(const Value& schema, std::string_view key) {
  const Value* value = schema.find(key);
  return value != nullptr && value->is_string() ? &value->as_string() : nullptr;
}

}  // namespace

References::References(const Value& document) {
  resources_.emplace("", &document);
  index(document, "");
}

void References::index(const Value& schema, std::string base) {
  if (!schema.is_object()) return;
  if (const std::string* id = text_of(schema, "$id"); id != nullptr && !id->starts_with('#')) {
    base = split(resolved(base, *id)).resource;
    resources_.emplace(base, &schema);
  }
  for (const char* key : {"$anchor", "$dynamicAnchor"}) {
    if (const std::string* anchor = text_of(schema, key)) anchors_.emplace(base + "#" + *anchor, &schema);
  }
  // How anchors were written before.
  if (const std::string* id = text_of(schema, "$id"); id != nullptr && id->starts_with('#'))
    anchors_.emplace(base + *id, &schema);
  bases_[&schema] = base;
  each_subschema(schema.as_object(), [&](const Value& child) { index(child, base); });
}

const Value* References::follow(const Value& from, const std::string& base, std::string_view pointer) {
  const Value* at = &from;
  std::string inner = base;
  while (at != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);  // the slash
    const size_t end = std::min(pointer.find('/'), pointer.size());
    at = step(*at, unescaped(pointer.substr(0, end)));
    pointer.remove_prefix(end);
    if (const auto known = at != nullptr ? bases_.find(at) : bases_.end(); known != bases_.end())
      inner = known->second;
  }
  // A schema may stand where none is looked for.
  if (at != nullptr && !bases_.contains(at)) index(*at, inner);
  return at;
}

const Value* References::find(const Value& from, std::string_view reference) {
  const auto base = bases_.find(&from);
  const auto [resource, fragment] =
      split(resolved(base == bases_.end() ? std::string() : base->second, reference));
  const std::string name = percent_decoded(fragment);
  if (!name.empty() && name.front() != '/') {
    const auto anchor = anchors_.find(resource + "#" + name);
    return anchor == anchors_.end() ? nullptr : anchor->second;
  }
  const auto found = resources_.find(resource);
  return found == resources_.end() ? nullptr : follow(*found->second, resource, name);
}

}  // namespace trivium::json
