#include "app/loader.h"

#include <filesystem>
#include <unordered_map>

#include "app/files.h"
#include "app/index_file.h"
#include "app/manifest.h"

namespace trivium::app {
namespace {

namespace fs = std::filesystem;

class Loader {
 public:
  Loader(const LoadOptions& options, const Log& log, Problems& problems)
      : options_(options), log_(log), problems_(problems) {}

  Loaded load() {
    loaded_.layout = discover_layout(options_.layout, log_, problems_);
    for (const LoadPath& path : loaded_.layout.paths) load_path(path);
    drop_duplicates();
    return std::move(loaded_);
  }

 private:
  void load_path(const LoadPath& path) {
    const Manifest manifest = path.module.empty() ? Manifest() : Manifest::read(path.module_root);
    // Vendored modules inside the source tree have load paths of their own.
    const fs::path except = path.module.empty() ? loaded_.layout.modules_directory : fs::path();
    std::vector<fs::path> unreadable;
    const std::vector<fs::path> files = find_index_files(path.directory, except, unreadable);
    for (const fs::path& directory : unreadable) complain({{shown(directory)}, {}, {}, "cannot be read", {}});
    for (const fs::path& file : files) {
      if (!manifest.excludes_file(file.lexically_relative(path.module_root))) load_file(file, path, manifest);
    }
  }

  void load_file(const fs::path& file, const LoadPath& path, const Manifest& manifest) {
    const Result<std::string> text = read_file(file);
    if (!text) {
      if (options_.lenient) {
        log_.error("read file", Object{{"path", shown(file)}, {"error", text.error().message}});
      } else {
        problems_.add({shown(file)}, text.error().message);
      }
      return;
    }
    Problems mistakes;
    IndexFile index = parse_index(
        *text, {file, path.directory, options_.layout.root, shown(file), options_.lenient}, mistakes);
    if (!mistakes.empty()) loaded_.broken_namespaces.insert(index.ns);
    if (!mistakes.empty() && options_.lenient) {
      for (const Problem& problem : mistakes.all()) complain(problem);
      return;
    }
    problems_.append(mistakes);
    for (Entry& entry : index.entries) {
      if (!path.module.empty()) {
        entry.meta.as_object().set("module", path.module);
        if (!path.module_version.empty()) entry.meta.as_object().set("module_version", path.module_version);
        if (manifest.excludes(entry)) continue;
      }
      loaded_.entries.push_back(std::move(entry));
    }
  }

  void complain(const Problem& problem) {
    if (options_.lenient) {
      log_.warn("process file", Object{{"path", problem.place.file}, {"error", problem.render()}});
    } else {
      problems_.add(problem);
    }
  }

  // The last definition stays, at the place of the last definition.
  void drop_duplicates() {
    std::unordered_map<EntryId, size_t> last;
    std::unordered_map<EntryId, int64_t> count;
    for (size_t i = 0; i < loaded_.entries.size(); ++i) {
      const Entry& entry = loaded_.entries[i];
      ++count[entry.id];
      auto [at, first] = last.try_emplace(entry.id, i);
      if (first) continue;
      if (!options_.lenient) {
        problems_.add(entry.problem(
            "", "the id is already taken by the entry at " + loaded_.entries[at->second].place().text(),
            "rename or remove one of them"));
      }
      at->second = i;
    }
    if (last.size() == loaded_.entries.size()) return;
    Array repeated;
    std::vector<Entry> kept;
    for (size_t i = 0; i < loaded_.entries.size(); ++i) {
      Entry& entry = loaded_.entries[i];
      if (last[entry.id] != i) continue;
      if (count[entry.id] > 1)
        repeated.push_back(entry.id.text() + " (x" + std::to_string(count[entry.id]) + ")");
      kept.push_back(std::move(entry));
    }
    loaded_.entries = std::move(kept);
    if (options_.lenient) {
      log_.warn("duplicate entries detected (will use last definition)",
                Object{{"entries", std::move(repeated)}});
    }
  }

  std::string shown(const fs::path& path) const { return shown_path(path, options_.layout.root); }

  const LoadOptions& options_;
  const Log& log_;
  Problems& problems_;
  Loaded loaded_;
};

}  // namespace

Loaded load_entries(const LoadOptions& options, const Log& log, Problems& problems) {
  return Loader(options, log, problems).load();
}

}  // namespace trivium::app
