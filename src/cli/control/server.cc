#include "cli/control/server.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <deque>
#include <filesystem>

#include "core/descriptor.h"

namespace trivium::cli {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using Code = boost::system::error_code;

// One client. On the loop's thread, except for the reply it posts.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Local::socket socket, std::shared_ptr<const ControlServer::Answer> answer)
      : socket_(std::move(socket)), input_(longest_request), answer_(std::move(answer)) {}

  // Requests are taken one after the other, so that answers come in their order.
  void read() {
    asio::async_read_until(socket_, input_, '\n',
                           [self = shared_from_this()](const Code& error, size_t size) {
                             if (error) return;  // gone, or it writes without end
                             const auto* data = static_cast<const char*>(self->input_.data().data());
                             const std::string line(data, size);
                             self->input_.consume(size);
                             self->take(line);
                           });
  }

 private:
  void take(const std::string& line) {
    Result<ControlRequest> request = decode_request(line);
    if (!request) return write(encode_reply(fail(request.error())));
    (*answer_)(std::move(*request), [self = shared_from_this()](const Result<Value>& reply) {
      asio::post(self->socket_.get_executor(),
                 [self, text = encode_reply(reply)]() mutable { self->write(std::move(text)); });
    });
  }

  void write(std::string text) {
    output_ = std::move(text);
    asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](const Code& error, size_t) {
      if (!error) self->read();
    });
  }

  Local::socket socket_;
  asio::streambuf input_;
  std::string output_;
  const std::shared_ptr<const ControlServer::Answer> answer_;
};

Error system_error(const std::string& what) {
  return Error::of(kind::internal, what + ": " + std::strerror(errno));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

bool somebody_listens(const std::string& path) {
  const Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return false;
  const sockaddr_un address = address_of(path);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// The folder is locked while one looks and binds, so that of two starts one finds the other.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder)
      : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_) (void)::flock(fd_.get(), LOCK_EX);
  }

 private:
  const Descriptor fd_;
};

Result<int> listen_at(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return fail(kind::internal, "the path is too long");
  std::error_code code;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::filesystem::create_directories(folder, code);
  const FolderLock lock(folder);
  if (somebody_listens(path)) return fail(kind::already_exists, "another runtime listens there");
  (void)::unlink(path.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(system_error("socket"));
  // Before bind: the file never exists with other permissions.
  (void)::fchmod(fd, S_IRUSR | S_IWUSR);
  const sockaddr_un address = address_of(path);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 16) != 0) {
    Error error = system_error("cannot listen at " + path);
    ::close(fd);
    return fail(std::move(error));
  }
  return fd;
}

}  // namespace

class ControlServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(sched::IoLoop& loop, int fd, std::string path, Answer answer)
      : loop_(loop),
        path_(std::move(path)),
        acceptor_(loop.context(), Local(), fd),
        answer_(std::make_shared<const Answer>(std::move(answer))) {}

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const Code& error, Local::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) std::make_shared<Connection>(std::move(socket), self->answer_)->read();
      self->accept();
    });
  }

  void close() {
    (void)::unlink(path_.c_str());
    std::error_code ignored;
    std::filesystem::remove(std::filesystem::path(path_).parent_path(), ignored);  // if it holds nothing else
    asio::post(loop_.context(), [self = shared_from_this()] {
      Code ignored_code;
      self->acceptor_.close(ignored_code);
    });
  }

 private:
  sched::IoLoop& loop_;
  const std::string path_;
  Local::acceptor acceptor_;
  const std::shared_ptr<const Answer> answer_;
};

ControlServer::ControlServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlServer::~ControlServer() { impl_->close(); }

Result<std::unique_ptr<ControlServer>> ControlServer::open(sched::IoLoop& loop, const std::string& path,
                                                           Answer answer) {
  Result<int> fd = listen_at(path);
  if (!fd) return fail(std::move(fd.error()));
  auto impl = std::make_shared<Impl>(loop, *fd, path, std::move(answer));
  impl->accept();
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

}  // namespace trivium::cli
