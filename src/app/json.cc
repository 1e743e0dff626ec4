#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <map>
#include <string>

#include "app/document.h"
#include "app/scalar.h"

namespace trivium::app {
namespace {

// Trees are walked and freed recursively.
constexpr size_t max_depth = 500;

// Turns offsets into lines and columns; offsets only grow, so each byte is looked at once.
class Positions {
 public:
  explicit Positions(std::string_view text) : text_(text) {}

  Mark at(size_t offset) {
    for (; done_ < offset && done_ < text_.size(); ++done_) {
      if (text_[done_] == '\n') {
        ++line_;
        line_start_ = done_ + 1;
      }
    }
    return {line_, static_cast<int>(offset - line_start_) + 1};
  }

 private:
  std::string_view text_;
  size_t done_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
};

class Builder {
 public:
  Builder(Document& document, Positions& positions, const rapidjson::MemoryStream& stream)
      : document_(document), positions_(positions), stream_(stream) {}

  // NOLINTBEGIN(readability-identifier-naming): rapidjson calls these.
  bool Null() { return scalar(Value()); }
  bool Bool(bool b) { return scalar(b); }
  bool Int(int i) { return scalar(static_cast<int64_t>(i)); }
  bool Uint(unsigned i) { return scalar(static_cast<int64_t>(i)); }
  bool Int64(int64_t i) { return scalar(i); }
  bool Uint64(uint64_t i) {
    if (i > static_cast<uint64_t>(INT64_MAX)) return scalar(static_cast<double>(i));
    return scalar(static_cast<int64_t>(i));
  }
  bool Double(double d) { return scalar(number_value(d)); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) { return scalar(std::string(text, size)); }
  bool StartObject() { return open(Node::Type::map); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    Frame& frame = stack_.back();
    frame.key.assign(text, size);
    frame.key_mark = mark();
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return open(Node::Type::list); }
  bool EndArray(rapidjson::SizeType) { return close(); }
  // NOLINTEND(readability-identifier-naming)

  bool too_deep() const { return too_deep_; }

 private:
  struct Frame {
    Node node;
    std::string key;
    Mark key_mark;
    std::map<std::string, int, std::less<>> seen;
  };

  // The reader stands behind what it has just read; the line is what matters.
  Mark mark() { return positions_.at(stream_.Tell()); }

  bool scalar(Value value) {
    Node node;
    node.mark = mark();
    node.scalar = std::move(value);
    return place(std::move(node));
  }

  bool open(Node::Type type) {
    if (stack_.size() >= max_depth) {
      too_deep_ = true;
      return false;
    }
    Frame frame;
    frame.node.type = type;
    frame.node.mark = mark();
    stack_.push_back(std::move(frame));
    return true;
  }

  bool close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    return place(std::move(node));
  }

  bool place(Node node) {
    if (stack_.empty()) {
      document_.root = std::move(node);
      return true;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else if (frame.seen.emplace(frame.key, frame.key_mark.line).second) {
      frame.node.members.push_back({std::move(frame.key), frame.key_mark, std::move(node)});
    } else {
      document_.flaws.push_back({frame.key_mark,
                                 "duplicate key \"" + frame.key + "\", first written on line " +
                                     std::to_string(frame.seen[frame.key]),
                                 "remove one of them"});
    }
    return true;
  }

  Document& document_;
  Positions& positions_;
  const rapidjson::MemoryStream& stream_;
  std::vector<Frame> stack_;
  bool too_deep_ = false;
};

}  // namespace

Document parse_json(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Document document;
  Positions positions(text);
  rapidjson::MemoryStream stream(text.data(), text.size());
  Builder builder(document, positions, stream);
  rapidjson::Reader reader;
  // Iterative: the depth of a file must not decide about the depth of our stack.
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag;
  if (auto result = reader.Parse<flags>(stream, builder); result.IsError()) {
    document.root = Node();
    document.readable = false;
    std::string message = std::string("JSON syntax: ") + rapidjson::GetParseError_En(result.Code());
    if (builder.too_deep()) message = "JSON: nested more than " + std::to_string(max_depth) + " levels deep";
    document.flaws.assign(1, {Positions(text).at(result.Offset()), std::move(message), ""});
  }
  return document;
}

}  // namespace trivium::app
