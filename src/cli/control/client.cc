#include "cli/control/client.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/descriptor.h"

namespace trivium::cli {
namespace {

Result<> send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return fail(kind::unavailable, "the runtime hung up");
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return {};
}

Result<std::string> read_line(int fd) {
  std::string line;
  char chunk[1 << 14];
  while (line.empty() || line.back() != '\n') {
    const ssize_t got = ::recv(fd, chunk, sizeof chunk, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return fail(kind::timeout, "the runtime does not answer");
    if (got <= 0) return fail(kind::unavailable, "the runtime hung up");
    line.append(chunk, static_cast<size_t>(got));
  }
  return line;
}

}  // namespace

Result<Value> ask_runtime(const std::string& folder, const ControlRequest& request) {
  const std::filesystem::path home = folder.empty() ? "." : folder;
  std::error_code code;
  if (!std::filesystem::is_directory(home, code)) {
    return fail(kind::not_found, "there is no folder " + home.string());
  }
  // Through a descriptor: the path of a socket must be short, that of a folder need not be.
  const Descriptor at(::open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string path = "/proc/self/fd/" + std::to_string(at.get()) + "/" + control_socket;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string where = std::filesystem::weakly_canonical(home, code).string();
    if (errno == EACCES)
      return fail(kind::permission_denied, "the runtime in " + where + " belongs to another user");
    return fail(kind::not_found, "no runtime runs in " + where +
                                     "\nStart it there with 'trivium run', or name its folder with -C.");
  }
  const timeval patience{60, 0};
  (void)::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (Result<> sent = send_all(connection.get(), encode_request(request)); !sent) return fail(sent.error());
  const Result<std::string> line = read_line(connection.get());
  if (!line) return fail(line.error());
  return decode_reply(*line);
}

}  // namespace trivium::cli
