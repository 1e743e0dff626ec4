#include "services/env_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <system_error>

#include "core/descriptor.h"

namespace trivium::services {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

struct Line {
  std::string_view text;  // without the line break
  std::string_view key;   // empty: the line assigns nothing
  std::string_view value;
  std::string_view comment;  // from its '#' on
};

Line parse_line(std::string_view text) {
  Line line;
  line.text = text;
  const size_t hash = text.find('#');
  if (hash != std::string_view::npos) line.comment = text.substr(hash);
  const std::string_view assignment = text.substr(0, hash);
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return line;
  line.key = trim(assignment.substr(0, equals));
  line.value = trim(assignment.substr(equals + 1));
  return line;
}

template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    visit(parse_line(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

tl::unexpected<Error> system_failure(const std::string& action, const std::string& path, int code) {
  return fail(kind::internal, action + " " + path + ": " + std::generic_category().message(code));
}

// Nothing when the file does not exist.
Result<std::optional<std::string>> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return system_failure("open", path, errno);
  }
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count == 0) return text;
    if (count > 0) {
      text.append(buffer, static_cast<size_t>(count));
    } else if (errno != EINTR) {
      return system_failure("read", path, errno);
    }
  }
}

Result<> write_all(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EINTR) {
      return system_failure("write", path, errno);
    }
  }
  return {};
}

// Replaces the file as a whole, so that a reader sees the old text or the new one.
Result<> replace_file(const std::string& path, std::string_view text, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return system_failure("create", temporary, errno);
  Result<> done = write_all(file.get(), text, temporary);
  if (done && (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0)) {
    done = system_failure("write", temporary, errno);
  }
  if (done && ::rename(temporary.c_str(), path.c_str()) != 0)
    done = system_failure("rename", temporary, errno);
  if (!done) ::unlink(temporary.c_str());
  return done;
}

Result<> make_directories_above(const std::string& path, mode_t mode) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string directory = path.substr(0, slash);
    if (::mkdir(directory.c_str(), mode) != 0 && errno != EEXIST)
      return system_failure("mkdir", directory, errno);
  }
  return {};
}

// The file a symbolic link stands for: replacing the link would cut it off.
std::string followed(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr), &std::free);
  return target ? std::string(target.get()) : path;
}

class FileStorage final : public EnvStorage {
 public:
  explicit FileStorage(EnvFileOptions options) : options_(std::move(options)) {}

  Result<std::optional<std::string>> get(const std::string& key) override {
    Result<EnvValues> values = all();
    if (!values) return fail(std::move(values.error()));
    const auto at = values->find(key);
    return at == values->end() ? std::nullopt : std::optional<std::string>(std::move(at->second));
  }

  Result<> set(const std::string& key, const std::string& value) override {
    if (key.find_first_of("=#\r\n") != std::string::npos ||
        value.find_first_of("#\r\n") != std::string::npos) {
      return fail(kind::invalid, "a file storage cannot hold line breaks or '#'");
    }
    const std::lock_guard lock(mutex_);
    Result<std::optional<std::string>> text = read_file(options_.path);
    if (!text) return fail(std::move(text.error()));
    const std::string path = followed(options_.path);
    if (!*text) {
      if (!options_.auto_create) return system_failure("open", path, ENOENT);
      if (Result<> made = make_directories_above(path, options_.dir_mode); !made) return made;
    }
    struct stat status {};
    const mode_t mode = ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : options_.file_mode;
    return replace_file(path, replace_env_value(text->value_or(std::string()), key, value), mode);
  }

  Result<EnvValues> all() override {
    Result<std::optional<std::string>> text = read_file(options_.path);
    if (!text) return fail(std::move(text.error()));
    return *text ? parse_env_text(**text) : EnvValues();
  }

  bool blocks() const override { return true; }

 private:
  const EnvFileOptions options_;
  std::mutex mutex_;  // of writers among themselves
};

}  // namespace

EnvValues parse_env_text(std::string_view text) {
  EnvValues values;
  for_each_line(text, [&](const Line& line) {
    if (!line.key.empty()) values.emplace(line.key, line.value);
  });
  return values;
}

std::string replace_env_value(std::string_view text, std::string_view key, std::string_view value) {
  std::string out;
  bool found = false;
  for_each_line(text, [&](const Line& line) {
    if (line.key == key) {
      found = true;
      out.append(key).append("=").append(value);
      if (!line.comment.empty()) out.append(" ").append(line.comment);
    } else {
      out.append(line.text);
    }
    out += '\n';
  });
  if (!found) out.append(key).append("=").append(value).append("\n");
  return out;
}

EnvStoragePtr make_file_storage(EnvFileOptions options) {
  return std::make_shared<FileStorage>(std::move(options));
}

}  // namespace trivium::services
