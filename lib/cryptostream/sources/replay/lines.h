// A text file line by line, with a bound on what one line may cost.
#pragma once

#include <cryptostream/core/result.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream::replay {

/// Reads lines that end with \n, \r\n or the end of the file.
class Lines {
 public:
  /// Errors: configuration (no such file, a folder), permission, failure.
  static Result<Lines> open(const std::string& path, std::size_t longest = 16 << 20);

  struct Line {
    std::uint64_t number = 0;  ///< from 1
    std::string_view text;     ///< without its end; valid until the next call
    bool too_long = false;     ///< more than `longest` bytes: `text` is only its beginning
  };
  /// False at the end of the file. Errors: failure (the disk's).
  Result<bool> next(Line& line);

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Lines(std::string path, std::size_t longest, std::FILE* file)
      : path_(std::move(path)), longest_(longest), file_(file), buffer_(1 << 16) {}
  Result<bool> fill();

  std::string path_;
  std::size_t longest_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what of the buffer is not given yet
  std::string joined_;               // a line that spans buffers
  std::uint64_t number_ = 0;
};

}  // namespace cryptostream::replay
