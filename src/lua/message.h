#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/wire.h"

namespace trivium::lua {

// A text that many hold and nobody changes: the PID of a sender is copied with every message.
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}

  const std::string& text() const {
    static const std::string none;
    return text_ ? *text_ : none;
  }
  operator const std::string&() const { return text(); }
  bool empty() const { return text_ == nullptr; }
  void clear() { text_.reset(); }
  friend bool operator==(const SharedText& a, const SharedText& b) { return a.text() == b.text(); }
  friend bool operator==(const SharedText& a, const std::string& b) { return a.text() == b; }

 private:
  std::shared_ptr<const std::string> text_;
};

// What travels between units. Topics that start with '@' are the runtime's own.
struct Message {
  std::string topic;
  SharedText from;  // PID text of the sender; empty: the runtime itself
  Values values;
};

namespace topic {
inline constexpr std::string_view events = "@pid/events";  // process events: EXIT, LINK_DOWN, CANCEL
}

}  // namespace trivium::lua
