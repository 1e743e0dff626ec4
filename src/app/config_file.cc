#include <algorithm>

#include "app/config_layers.h"

namespace trivium::app {
namespace {

class Parser {
 public:
  Parser(const std::string& shown,
         const std::function<std::optional<std::string>(const std::string&)>& environment, Problems& problems)
      : shown_(shown), environment_(environment), problems_(problems) {}

  ConfigFile parse(std::string_view text) {
    ConfigFile file;
    const Document document = parse_yaml(text);
    for (const Flaw& flaw : document.flaws) note(flaw.mark, flaw.message, flaw.hint);
    const Node& root = document.root;
    if (root.is_null()) return file;
    if (!root.is_map()) {
      note(root.mark, "a configuration must be a map of sections, not " + with_article(root.type_name()));
      return file;
    }
    for (const Node::Member& member : root.members) {
      if (member.key == "version") {
        check_version(member);
      } else if (member.key == "profiles") {
        take_profiles(member, file);
      } else {
        take_section(member, file.sections, false);
      }
    }
    return file;
  }

 private:
  void note(Mark mark, std::string message, std::string hint = {}) {
    problems_.add({shown_, mark.line, mark.column}, std::move(message), std::move(hint));
  }

  void check_version(const Node::Member& member) {
    const Value& version = member.value.scalar;
    // Unquoted, 1.0 is the number one.
    if (version == Value("1.0") || version == Value(1) || member.value.is_null()) return;
    const std::string text = version.is_string() ? version.as_string()
                             : version.is_int()  ? std::to_string(version.as_int())
                                                 : std::string(member.value.type_name());
    note(member.mark, "unsupported version: " + text, "write version: \"1.0\"");
  }

  void take_profiles(const Node::Member& member, ConfigFile& file) {
    if (!member.value.is_map()) return note(member.mark, "profiles must be a map of profiles");
    for (const Node::Member& profile : member.value.members) {
      if (!profile.value.is_map() && !profile.value.is_null()) {
        note(profile.mark, "profile " + profile.key + " must be a map of sections");
        continue;
      }
      ConfigSections& sections = file.profiles[profile.key];
      for (const Node::Member& section : profile.value.members) {
        if (section.key != "version") take_section(section, sections, true);
      }
    }
  }

  void take_section(const Node::Member& member, ConfigSections& sections, bool in_profile) {
    if (member.value.is_null()) return;
    if (!member.value.is_map()) {
      note(member.mark,
           "section " + member.key + " must be a map, not " + with_article(member.value.type_name()));
      return;
    }
    no_environment_ = in_profile && member.key == "vars";
    ConfigSection& section = sections[member.key];
    for (const Node::Member& leaf : member.value.members) flatten(leaf, leaf.key, section);
  }

  void flatten(const Node::Member& member, const std::string& key, ConfigSection& section) {
    if (member.value.is_map() && !member.value.members.empty()) {
      for (const Node::Member& inner : member.value.members) flatten(inner, key + "." + inner.key, section);
      return;
    }
    Value value = member.value.to_value();
    replace_environment(value, member.mark);
    section.insert_or_assign(key, Setting{std::move(value), {shown_, member.mark.line, member.mark.column}});
  }

  void replace_environment(Value& value, Mark mark) {
    if (value.is_array()) {
      for (Value& item : value.as_array()) replace_environment(item, mark);
    } else if (value.is_string() && value.as_string().find("${env:") != std::string::npos) {
      value = with_environment(value.as_string(), mark);
    }
  }

  // $${ stays for the variables' pass, which turns it into ${.
  std::string with_environment(const std::string& text, Mark mark) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
      const std::string_view rest = std::string_view(text).substr(at);
      const size_t end = rest.find('}');
      if (rest.starts_with("$${")) {
        out += "$${";
        at += 3;
      } else if (rest.starts_with("${env:") && end != std::string_view::npos) {
        out += variable(rest.substr(6, end - 6), mark);
        at += end + 1;
      } else {
        out += text[at++];
      }
    }
    return out;
  }

  std::string variable(std::string_view inner, Mark mark) {
    const size_t bar = inner.find('|');
    const std::string name(inner.substr(0, bar));
    if (no_environment_) {
      note(mark, "${env:" + name + "} is not allowed in the vars of a profile");
      return {};
    }
    std::optional<std::string> value = environment_ ? environment_(name) : std::nullopt;
    if (value) return *value;
    if (bar != std::string_view::npos) return std::string(inner.substr(bar + 1));
    note(mark, "environment variable " + name + " is not set", "set it or write ${env:" + name + "|default}");
    return {};
  }

  const std::string& shown_;
  const std::function<std::optional<std::string>(const std::string&)>& environment_;
  Problems& problems_;
  bool no_environment_ = false;
};

}  // namespace

ConfigFile parse_config(std::string_view text, const std::string& shown,
                        const std::function<std::optional<std::string>(const std::string&)>& environment,
                        Problems& problems) {
  return Parser(shown, environment, problems).parse(text);
}

}  // namespace trivium::app
