#include "app/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "app/similar.h"
#include "core/descriptor.h"

namespace trivium::app {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> read_failure(const fs::path& path, int code) {
  return fail(code == ENOENT ? kind::not_found : kind::internal,
              "failed to read file " + path.string() + ": " + std::generic_category().message(code));
}

bool is_index_name(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

void scan(const fs::path& directory, const fs::path& except, std::vector<fs::path>& found,
          std::vector<fs::path>& unreadable) {
  struct Item {
    std::string name;
    bool is_directory;
  };
  std::vector<Item> items;
  std::error_code failed;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code ignored;
    const bool is_directory = at->symlink_status(ignored).type() == fs::file_type::directory;
    std::string name = at->path().filename().string();
    if (is_directory ? name != "node_modules" : is_index_name(name))
      items.push_back({std::move(name), is_directory});
  }
  if (failed) unreadable.push_back(directory);
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
  for (const Item& item : items) {
    fs::path path = directory / item.name;
    if (!item.is_directory) {
      std::error_code ignored;
      if (!fs::is_directory(path, ignored)) found.push_back(std::move(path));
      continue;
    }
    std::error_code ignored;
    if (!except.empty() && fs::equivalent(path, except, ignored)) continue;
    scan(path, except, found, unreadable);
  }
}

std::string neighbours_hint(const fs::path& path) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator at(path.parent_path(), failed), end; !failed && at != end;
       at.increment(failed)) {
    names.push_back(at->path().filename().string());
  }
  return did_you_mean(path.filename().string(), names);
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return read_failure(path, errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return read_failure(path, errno);
  if (S_ISDIR(info.st_mode)) return read_failure(path, EISDIR);
  std::string text;
  text.resize(info.st_size > 0 ? static_cast<size_t>(info.st_size) : 0);
  size_t done = 0;
  while (true) {
    if (done == text.size()) text.resize(text.size() + 4096);
    const ssize_t count = ::read(file.get(), text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return read_failure(path, errno);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  text.resize(done);
  return text;
}

std::vector<fs::path> find_index_files(const fs::path& directory, const fs::path& except,
                                       std::vector<fs::path>& unreadable) {
  std::vector<fs::path> found;
  scan(directory, except, found, unreadable);
  return found;
}

Result<IncludedFile> read_file_value(std::string_view url, const fs::path& directory, const fs::path& root) {
  std::string_view target = url.substr(std::string_view("file://").size());
  const std::string shown(target);
  fs::path relative;
  if (target.starts_with('/')) {
    while (target.starts_with('/')) target.remove_prefix(1);
    relative = fs::path(target).lexically_normal();
  } else {
    relative = (directory.lexically_relative(root) / target).lexically_normal();
  }
  if (!relative.empty() && *relative.begin() == "..") {
    return fail(kind::invalid, "path traversal detected in file path: " + shown +
                                   " (the file must be inside " + root.string() + ")");
  }
  if (target.empty() || relative.empty() || relative == ".") {
    return fail(kind::invalid, "file:// names no file (write file://name.lua)");
  }
  const fs::path path = (root / relative).lexically_normal();
  Result<std::string> text = read_file(path);
  if (!text) {
    Error error = text.error();
    if (error.kind == kind::not_found) {
      if (const std::string hint = neighbours_hint(path); !hint.empty()) error.message += " (" + hint + ")";
    }
    error.kind = kind::internal;
    return fail(std::move(error));
  }
  return IncludedFile{std::move(*text), path};
}

std::string absolute_path(const std::filesystem::path& path) {
  std::error_code problem;
  const std::filesystem::path found = fs::weakly_canonical(fs::absolute(path, problem), problem);
  return problem ? path.string() : found.string();
}

std::string shown_path(const fs::path& path, const fs::path& base) {
  const fs::path relative = path.lexically_normal().lexically_relative(base.lexically_normal());
  if (relative.empty() || *relative.begin() == "..") return path.lexically_normal().string();
  return relative.string();
}

}  // namespace trivium::app
