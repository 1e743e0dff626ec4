#include "app/layout.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "app/document.h"
#include "app/files.h"

namespace trivium::app {

namespace fs = std::filesystem;

namespace {

struct Pinned {
  std::string name;
  std::string version;
};

struct Replacement {
  std::string from;
  fs::path to;
};

struct Lock {
  fs::path source;
  fs::path modules_directory;
  std::vector<Pinned> modules;
  std::vector<Replacement> replacements;
};

bool directory_exists(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_module_name(std::string_view name) {
  const size_t slash = name.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < name.size() &&
         name.find('/', slash + 1) == std::string_view::npos;
}

// Reads the lock file field by field; every mistake is noted with its line.
class LockReader {
 public:
  LockReader(fs::path file, std::string shown, Problems& problems)
      : directory_(file.parent_path()),
        file_(std::move(file)),
        shown_(std::move(shown)),
        problems_(problems) {}

  Lock read() {
    Lock lock{directory_ / ".", directory_ / ".wippy", {}, {}};
    Result<std::string> text = read_file(file_);
    if (!text) {
      problems_.add({shown_}, text.error().message);
      return lock;
    }
    const Document document = parse_yaml(*text);
    for (const Flaw& flaw : document.flaws) note(flaw.mark, flaw.message, flaw.hint);
    const Node& root = document.root;
    if (const auto* directories = root.find("directories"); directories != nullptr) {
      take_directory(directories->value, "src", lock.source);
      take_directory(directories->value, "modules", lock.modules_directory);
    }
    if (const auto* modules = root.find("modules"); modules != nullptr) {
      for (const Node& item : list(*modules)) take_module(item, lock);
    }
    if (const auto* replacements = root.find("replacements"); replacements != nullptr) {
      for (const Node& item : list(*replacements)) take_replacement(item, lock);
    }
    return lock;
  }

 private:
  void note(Mark mark, std::string message, std::string hint = {}) {
    problems_.add({shown_, mark.line, mark.column}, std::move(message), std::move(hint));
  }

  const std::vector<Node>& list(const Node::Member& member) {
    if (!member.value.is_list() && !member.value.is_null()) note(member.mark, member.key + " must be a list");
    return member.value.items;
  }

  std::string text(const Node& node, std::string_view key) {
    const Node::Member* member = node.find(key);
    return member != nullptr && member->value.is_string() ? member->value.scalar.as_string() : std::string();
  }

  void take_directory(const Node& directories, std::string_view key, fs::path& into) {
    const Node::Member* member = directories.find(key);
    if (member == nullptr) return;
    if (text(directories, key).empty()) {
      note(member->mark, "directories." + std::string(key) + " must be a non-empty string");
    } else {
      into = directory_ / text(directories, key);
    }
  }

  void take_module(const Node& item, Lock& lock) {
    Pinned module{text(item, "name"), text(item, "version")};
    // An unquoted version like 1.2 is a number to YAML and as good.
    if (const auto* version = item.find("version"); version != nullptr && version->value.scalar.is_number()) {
      module.version = version->value.scalar.is_int() ? std::to_string(version->value.scalar.as_int())
                                                      : std::to_string(version->value.scalar.as_double());
    }
    if (!is_module_name(module.name)) {
      note(item.mark, "module name \"" + module.name + "\" must be exactly org/module");
    } else if (module.version.empty()) {
      note(item.mark, "module " + module.name + " needs a version", "add `version: …`");
    } else {
      lock.modules.push_back(std::move(module));
    }
  }

  void take_replacement(const Node& item, Lock& lock) {
    const std::string from = text(item, "from");
    const std::string to = text(item, "to");
    if (from.empty() || to.empty()) return note(item.mark, "a replacement needs non-empty `from` and `to`");
    if (!is_module_name(from))
      return note(item.mark, "replacement \"" + from + "\" must be exactly org/module");
    if (!directory_exists(directory_ / to))
      return note(item.mark, "replacement path \"" + to + "\" does not exist");
    lock.replacements.push_back({from, directory_ / to});
  }

  fs::path directory_;
  fs::path file_;
  std::string shown_;
  Problems& problems_;
};

std::vector<std::string> subdirectories(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    if (directory_exists(at->path())) names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Builder {
 public:
  Builder(Layout& layout, const Log& log) : layout_(layout), log_(log) {}

  void source(const fs::path& directory) { add({directory.lexically_normal(), {}, {}, {}}); }

  void replacement(const std::string& module, const fs::path& to) {
    const fs::path source = to / "src";
    add({directory_exists(source) ? source : to, module, {}, to});
  }

  void pinned(const Pinned& module) {
    const fs::path plain = layout_.vendor_directory / module.name;
    const fs::path legacy = layout_.vendor_directory / (module.name + "-" + module.version);
    legacy_.insert(legacy.lexically_normal().string());
    const fs::path& root = !directory_exists(plain) && directory_exists(legacy) ? legacy : plain;
    std::error_code ignored;
    if (!directory_exists(root) &&
        (fs::exists(plain.string() + ".wapp", ignored) || fs::exists(legacy.string() + ".wapp", ignored))) {
      log_.warn("packed modules are not supported, skipping", Object{{"module", module.name}});
      return;
    }
    add({root, module.name, module.version, root});
  }

  // Modules that lie in the vendor directory without being pinned.
  void vendored() {
    for (const std::string& org : subdirectories(layout_.vendor_directory)) {
      for (const std::string& module : subdirectories(layout_.vendor_directory / org)) {
        const fs::path root = layout_.vendor_directory / org / module;
        std::string name = org;
        name += '/';
        name += module;
        const bool known =
            std::find(layout_.modules.begin(), layout_.modules.end(), name) != layout_.modules.end();
        if (!known && !legacy_.contains(root.lexically_normal().string())) add({root, name, {}, root});
      }
    }
  }

 private:
  void add(LoadPath path) {
    if (!directory_exists(path.directory)) {
      log_.warn("path not found, skipping", Object{{"path", path.directory.string()}});
      return;
    }
    if (!path.module.empty()) layout_.modules.push_back(path.module);
    layout_.paths.push_back(std::move(path));
  }

  Layout& layout_;
  const Log& log_;
  std::set<std::string> legacy_;
};

}  // namespace

Layout discover_layout(const LayoutOptions& options, const Log& log, Problems& problems) {
  Layout layout;
  std::error_code ignored;
  if (options.lock_file) {
    layout.lock_file = *options.lock_file;
  } else {
    for (const char* name : {"trivium.lock", "wippy.lock"}) {
      if (layout.lock_file.empty() && fs::exists(options.root / name, ignored)) {
        layout.lock_file = options.root / name;
      }
    }
  }
  Lock lock{options.root / "src", options.root / ".wippy", {}, {}};
  if (!layout.lock_file.empty()) {
    lock = LockReader(layout.lock_file, shown_path(layout.lock_file, options.root), problems).read();
  } else if (!directory_exists(lock.source)) {
    log.info("no lock file and no ./src found, starting with empty registry");
    return layout;
  }
  layout.found = true;
  layout.modules_directory = lock.modules_directory.lexically_normal();
  layout.vendor_directory = layout.modules_directory.filename() == "vendor"
                                ? layout.modules_directory
                                : layout.modules_directory / "vendor";
  Builder builder(layout, log);
  builder.source(lock.source);
  std::set<std::string> replaced;
  // The workspace's replacements are local to this machine and win over the lock file's.
  for (const auto& [module, path] : options.replacements) replaced.insert(module);
  for (const Replacement& r : lock.replacements) {
    if (!replaced.contains(r.from)) builder.replacement(r.from, r.to);
  }
  for (const Replacement& r : lock.replacements) replaced.insert(r.from);
  for (const auto& [module, path] : options.replacements) builder.replacement(module, path);
  for (const Pinned& module : lock.modules) {
    if (!replaced.contains(module.name)) builder.pinned(module);
  }
  builder.vendored();
  return layout;
}

}  // namespace trivium::app
