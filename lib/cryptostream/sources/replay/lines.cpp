#include <cryptostream/sources/replay/lines.h>

#include <cerrno>
#include <cstring>

namespace cryptostream::replay {
namespace {

Error file_error(const std::string& path, int code) {
  auto kind = code == ENOENT || code == ENOTDIR || code == EISDIR ? ErrorKind::configuration
              : code == EACCES || code == EPERM                   ? ErrorKind::permission
                                                                  : ErrorKind::failure;
  return Error(kind, fmt::format("cannot read {}: {}", path, std::strerror(code)));
}

}  // namespace

Result<Lines> Lines::open(const std::string& path, std::size_t longest) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (!file) return fail(file_error(path, errno));
  Lines lines(path, longest, file);
  CRYPTOSTREAM_TRY(lines.fill());  // a folder opens, but does not read
  return lines;
}

Result<bool> Lines::fill() {
  begin_ = 0;
  end_ = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
  if (end_ == 0 && std::ferror(file_.get())) return fail(file_error(path_, errno));
  return end_ > 0;
}

Result<bool> Lines::next(Line& line) {
  joined_.clear();
  line = {number_ + 1, {}, false};
  for (bool any = false;; any = true) {
    if (begin_ == end_) {
      CRYPTOSTREAM_TRY_ASSIGN(bool more, fill());
      if (!more && !any) return false;
      if (!more) {
        line.text = joined_;
        break;
      }
    }
    std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    auto newline = rest.find('\n');
    auto part = rest.substr(0, newline);
    begin_ += part.size() + (newline == rest.npos ? 0 : 1);
    if (newline != rest.npos && joined_.empty()) {
      line.text = part;
    } else {
      auto room = longest_ - std::min(longest_, joined_.size());
      line.too_long |= part.size() > room;
      joined_.append(part.substr(0, room));
      line.text = joined_;
    }
    if (newline != rest.npos) break;
  }
  ++number_;
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
  if (line.text.size() > longest_) {
    line.too_long = true;
    line.text = line.text.substr(0, longest_);
  }
  return true;
}

}  // namespace cryptostream::replay
