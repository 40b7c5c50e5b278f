// The system calls under the CSV sink, with errors for people. Private to the module.
#pragma once

#include <cryptostream/core/result.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cryptostream::csv {

/// A file descriptor that closes itself.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  File& operator=(File&& other) noexcept;
  ~File();
  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// The error of errno `code`: disk full is unavailable (it is tried again), missing rights are permission.
Error file_error(int code, std::string_view path, std::string_view doing);

/// Opens for reading and writing, makes it if missing.
Result<File> open_file(const std::string& path);
Result<std::int64_t> length_of(const File& file, std::string_view path);
Result<void> write_at(const File& file, std::string_view path, std::int64_t at, std::string_view bytes);
/// The first `most` bytes, or as many as there are.
Result<std::string> read_start(const File& file, std::string_view path, std::size_t most);
/// Cuts the file to `length`, and makes that permanent.
Result<void> cut(const File& file, std::string_view path, std::int64_t length);
Result<void> sync(const File& file, std::string_view path);
/// The whole file; nothing if there is none.
Result<std::optional<std::string>> read_file(const std::string& path);
/// Puts `bytes` in place of `path` at once: written beside it, synced, renamed, the folder synced.
Result<void> replace_file(const std::string& path, std::string_view bytes);

/// Holds a folder against other writers of this program's kind while it lives; the system lets go when the process
/// dies.
class FolderLock {
 public:
  /// Errors: temporary, when somebody holds it for longer than `timeout`.
  static Result<FolderLock> take(const std::string& folder, std::chrono::milliseconds timeout);

 private:
  explicit FolderLock(File folder) : folder_(std::move(folder)) {}
  File folder_;
};

/// The folder a path lies in: "." if it names none.
std::string folder_of(const std::string& path);

}  // namespace cryptostream::csv
