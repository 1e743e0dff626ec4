// YAML through yaml-cpp's events, which carry the position of everything and cost no node graph.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>

#include "app/document.h"
#include "app/problem.h"
#include "app/scalar.h"

namespace trivium::app {
namespace {

// Aliases multiply: a few lines can describe more nodes than memory holds.
constexpr size_t max_nodes = 500'000;

struct TooLarge {};

Mark to_mark(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

size_t count_nodes(const Node& node) {
  size_t count = 1;
  for (const Node& item : node.items) count += count_nodes(item);
  for (const Node::Member& member : node.members) count += count_nodes(member.value);
  return count;
}

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(Document& document) : document_(document) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.mark = to_mark(mark);
    place(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      flaw(to_mark(mark), "an anchor cannot contain itself", "");
      return place(Node(), 0);
    }
    spend(count_nodes(found->second));
    place(Node(found->second), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.mark = to_mark(mark);
    // "?" is an unquoted scalar, "!" a quoted one.
    plain_ = tag == "?";
    const bool typed = plain_ || tag.ends_with(":int") || tag.ends_with(":float") || tag.ends_with(":bool") ||
                       tag.ends_with(":null") || tag.ends_with(":timestamp");
    node.scalar = typed ? resolve_scalar(value) : Value(value);
    text_ = value;
    place(std::move(node), anchor, plain_ && value == "<<");
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Type::list, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Type::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;  // of a map: the key is read, its value comes next
    bool merge = false;    // that key is <<
    std::string key;
    Mark key_mark;
    std::vector<std::pair<Mark, Node>> merges;
    std::map<std::string, int, std::less<>> seen;  // key -> line
  };

  void flaw(Mark mark, std::string message, std::string hint) {
    document_.flaws.push_back({mark, std::move(message), std::move(hint)});
  }

  void spend(size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > max_nodes) throw TooLarge();
  }

  void open(Node::Type type, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Frame frame;
    frame.node.type = type;
    frame.node.mark = to_mark(mark);
    frame.anchor = anchor;
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    for (auto& [mark, source] : frame.merges) merge(frame.node, mark, source);
    place(std::move(frame.node), frame.anchor);
  }

  // Keys written in the map itself win over merged ones, earlier merges over later ones.
  void merge(Node& into, Mark mark, const Node& source) {
    if (source.is_list()) {
      for (const Node& item : source.items) merge(into, mark, item);
    } else if (source.is_map()) {
      for (const Node::Member& member : source.members) {
        if (into.find(member.key) == nullptr) into.members.push_back(member);
      }
    } else {
      flaw(mark, "<< needs a map or a list of maps, not " + with_article(source.type_name()),
           "write `<<: *anchor`");
    }
  }

  void place(Node node, YAML::anchor_t anchor, bool merge_key = false) {
    spend(1);
    if (anchor != 0) anchors_[anchor] = node;
    if (stack_.empty()) {
      document_.root = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      take_key(frame, node, merge_key);
    } else {
      frame.has_key = false;
      if (frame.merge) {
        frame.merges.emplace_back(frame.key_mark, std::move(node));
      } else if (frame.seen.emplace(frame.key, frame.key_mark.line).second) {
        frame.node.members.push_back({std::move(frame.key), frame.key_mark, std::move(node)});
      } else {
        flaw(frame.key_mark,
             "duplicate key \"" + frame.key + "\", first written on line " +
                 std::to_string(frame.seen[frame.key]),
             "remove one of them");
      }
    }
  }

  void take_key(Frame& frame, const Node& node, bool merge_key) {
    frame.has_key = true;
    frame.merge = merge_key;
    frame.key_mark = node.mark;
    if (node.is_string()) {
      frame.key = node.scalar.as_string();
      return;
    }
    const std::string shown = node.type == Node::Type::scalar ? text_ : std::string();
    frame.key = shown;
    flaw(node.mark, "map keys must be strings, this one is " + with_article(node.type_name()),
         shown.empty() ? "" : "quote it: \"" + shown + "\"");
  }

  Document& document_;
  std::vector<Frame> stack_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
  std::string text_;  // of the last scalar, as written
  bool plain_ = false;
  size_t nodes_ = 0;
};

std::string_view syntax_hint(std::string_view message) {
  static constexpr std::pair<std::string_view, std::string_view> hints[] = {
      {"illegal map value", "a text with \": \" inside must be quoted"},
      {"end of map not found", "check the indentation of this line"},
      {"end of sequence not found", "check the indentation of this line"},
      {"end of map flow not found", "a closing } is missing"},
      {"end of sequence flow not found", "a closing ] is missing"},
      {"EOF in scalar", "a closing quote is missing"},
      {"illegal EOF in scalar", "a closing quote is missing"},
      {"unknown token", "a text that starts with @, ` or % must be quoted"},
      {"illegal tab", "indent with spaces"},
      {"the referenced anchor is not defined", "define it earlier in the file with &name"},
      {"illegal block entry", "check the indentation of this list"},
  };
  for (auto [part, hint] : hints) {
    if (message.find(part) != std::string_view::npos) return hint;
  }
  return "";
}

}  // namespace

Document parse_yaml(std::string_view text) {
  Document document;
  const auto unreadable = [&](Mark mark, std::string message, std::string_view hint) {
    document.root = Node();
    document.flaws.assign(1, {mark, std::move(message), std::string(hint)});
    document.readable = false;
  };
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(document);
    parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& e) {
    unreadable(e.mark.is_null() ? Mark{1, 1} : to_mark(e.mark), "YAML syntax: " + e.msg, syntax_hint(e.msg));
  } catch (const TooLarge&) {
    unreadable({1, 1}, "YAML: aliases expand to more than " + std::to_string(max_nodes) + " values", "");
  }
  return document;
}

}  // namespace trivium::app
