#include <cryptostream/stores/csv/files.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <thread>

namespace cryptostream::csv {

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Error file_error(int code, std::string_view path, std::string_view doing) {
  auto why = std::generic_category().message(code);
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return {ErrorKind::unavailable,
              fmt::format("CSV file {}: the disk is full: free some space, nothing is lost", path)};
    case EACCES:
    case EPERM:
    case EROFS:
      return {
          ErrorKind::permission,
          fmt::format("CSV file {}: cannot {} ({}): check the rights of the file and its folder", path, doing, why)};
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
      return {ErrorKind::configuration, fmt::format("CSV file {}: cannot {} ({}): check the path", path, doing, why)};
    case EMFILE:
    case ENFILE:
      return {ErrorKind::unavailable,
              fmt::format("CSV file {}: cannot {} ({}): raise the limit of open files", path, doing, why)};
    default:
      return {ErrorKind::failure, fmt::format("CSV file {}: cannot {}: {}", path, doing, why)};
  }
}

Result<File> open_file(const std::string& path) {
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file.is_open()) return fail(file_error(errno, path, "open it"));
  return file;
}

Result<std::int64_t> length_of(const File& file, std::string_view path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail(file_error(errno, path, "look at it"));
  if (!S_ISREG(status.st_mode))
    return fail(ErrorKind::configuration, fmt::format("CSV file {} is no regular file: name another", path));
  if (status.st_nlink == 0)
    return fail(
        ErrorKind::failure,
        fmt::format("CSV file {} was removed while it was being written: remove its .position file too to start over",
                    path));
  return status.st_size;
}

Result<void> write_at(const File& file, std::string_view path, std::int64_t at, std::string_view bytes) {
  while (!bytes.empty()) {
    auto written = ::pwrite(file.get(), bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(file_error(errno, path, "write to it"));
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
  return {};
}

Result<std::string> read_start(const File& file, std::string_view path, std::size_t most) {
  std::string bytes(most, '\0');
  std::size_t have = 0;
  while (have < most) {
    auto got = ::pread(file.get(), bytes.data() + have, most - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error(errno, path, "read it"));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

Result<void> cut(const File& file, std::string_view path, std::int64_t length) {
  if (::ftruncate(file.get(), length) != 0) return fail(file_error(errno, path, "cut it to its committed length"));
  return sync(file, path);
}

Result<void> sync(const File& file, std::string_view path) {
  if (::fsync(file.get()) != 0) return fail(file_error(errno, path, "sync it"));
  return {};
}

Result<std::optional<std::string>> read_file(const std::string& path) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    return fail(file_error(errno, path, "read it"));
  }
  std::string text;
  char part[4096];
  for (;;) {
    auto got = ::read(file.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error(errno, path, "read it"));
    if (got == 0) return text;
    text.append(part, static_cast<std::size_t>(got));
  }
}

Result<void> replace_file(const std::string& path, std::string_view bytes) {
  auto beside = path + ".part";
  {
    CRYPTOSTREAM_TRY_ASSIGN(auto file, open_file(beside));
    if (::ftruncate(file.get(), 0) != 0) return fail(file_error(errno, beside, "empty it"));
    auto written = write_at(file, beside, 0, bytes);
    if (written) written = sync(file, beside);
    if (!written) {
      ::unlink(beside.c_str());
      return written;
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0)
    return fail(file_error(errno, path, "put the new file in its place"));
  File folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return fail(file_error(errno, path, "open its folder"));
  return sync(folder, path);
}

Result<FolderLock> FolderLock::take(const std::string& folder, std::chrono::milliseconds timeout) {
  FolderLock lock(File(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (!lock.folder_.is_open()) return fail(file_error(errno, folder, "open the folder"));
  auto deadline = std::chrono::steady_clock::now() + timeout;
  while (::flock(lock.folder_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail(file_error(errno, folder, "lock the folder"));
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(ErrorKind::temporary,
                  fmt::format("CSV folder {}: another process holds its lock for more than {} ms: it is tried again",
                              folder, timeout.count()));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return lock;
}

std::string folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace cryptostream::csv
