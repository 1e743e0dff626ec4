// Values in a text file of lines KEY=VALUE.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "services/env_storage.h"

namespace trivium::services {

struct EnvFileOptions {
  std::string path;
  bool auto_create = false;  // by set(): the file and the directories above it
  mode_t file_mode = 0644;   // of a file that is created
  mode_t dir_mode = 0755;
};

// Reads the file at every call. A missing one has no values.
EnvStoragePtr make_file_storage(EnvFileOptions options);

// The text of such a file, as values: the first line of a key counts.
EnvValues parse_env_text(std::string_view text);

// `text` with every line of `key` set to `value`, comments behind it kept, or a line appended.
std::string replace_env_value(std::string_view text, std::string_view key, std::string_view value);

}  // namespace trivium::services
