#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/document.h"
#include "cli/commands/commands.h"
#include "cli/yaml_text.h"

namespace trivium::cli {
namespace {

tl::unexpected<Error> failed(const std::string& what, const std::string& path) {
  return fail(kind::internal, "cannot " + what + " " + path + ": " + std::strerror(errno));
}

// What the lock file says now; an empty map when there is none.
Result<Object> existing(const std::string& path) {
  if (!std::filesystem::exists(path)) return Object{};
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return failed("read", path);
  const app::Document document = app::parse_yaml(text.str());
  if (!document.flaws.empty()) {
    const app::Flaw& flaw = document.flaws.front();
    return fail(kind::invalid, path + ":" + std::to_string(flaw.mark.line) + ": " + flaw.message);
  }
  if (document.root.is_null()) return Object{};
  if (!document.root.is_map()) return fail(kind::invalid, path + " is no lock file: it must be a map");
  return document.root.to_value().as_object();
}

// All or nothing: a reader sees the old file or the new one.
Result<> replace_file(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("write", temporary);
  const bool written = ::fchmod(fd, 0600) == 0 &&
                       ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  ::close(fd);
  if (written && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  auto error = failed("write", path);
  ::unlink(temporary.c_str());
  return error;
}

}  // namespace

Result<int> init_project(const InitRequest& request, std::string& out) {
  if (request.src_dir.empty() || request.modules_dir.empty()) {
    return fail(kind::invalid, "--src-dir and --modules-dir must not be empty");
  }
  auto lock = existing(request.lock_file);
  if (!lock) return fail(lock.error());
  const bool created = lock->empty();
  const Value* before = lock->find("directories");
  Object directories = before && before->is_object() ? before->as_object() : Object{};
  directories.set("modules", request.modules_dir);
  directories.set("src", request.src_dir);
  lock->set("directories", std::move(directories));
  const auto written = replace_file(request.lock_file, yaml_text(*lock));
  if (!written) return fail(written.error());
  out += (created ? "Created " : "Updated ") + request.lock_file + "\n";
  return 0;
}

}  // namespace trivium::cli
