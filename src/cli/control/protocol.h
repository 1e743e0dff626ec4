// The language of the control socket: one line of JSON asks, one line of JSON answers, as often as one likes.
//
//   → {"verb":"host.workers","arguments":{"host":"app:processes","workers":4}}
//   ← {"ok":true,"result":{"host":"app:processes","workers":4,"was":2}}
//   ← {"ok":false,"error":{"kind":"NotFound","message":"there is no host app:processes"}}
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium::cli {

// Beside the workflows, below the folder of the application.
inline constexpr const char* control_folder = ".trivium";
inline constexpr const char* control_socket = ".trivium/control.sock";
inline constexpr size_t longest_request = size_t{1} << 20;

struct ControlRequest {
  std::string verb;
  Object arguments;
};

// With the newline.
std::string encode_request(const ControlRequest& request);
std::string encode_reply(const Result<Value>& reply);
Result<ControlRequest> decode_request(std::string_view line);
// What the other side answered, be it an error.
Result<Value> decode_reply(std::string_view line);

}  // namespace trivium::cli
