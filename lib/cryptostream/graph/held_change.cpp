#include <cryptostream/graph/held_change.h>

namespace cryptostream {
namespace {

constexpr int max_varint_bytes = 5;  // of an int32

}  // namespace

void prefix_new_length(std::string& out, std::size_t begin, std::size_t length) {
  char varint[max_varint_bytes + 1];
  int size = 0;
  auto rest = static_cast<std::uint32_t>(length) << 1;  // zigzag of what is not negative
  for (; rest >= 0x80; rest >>= 7) varint[size++] = static_cast<char>(rest | 0x80);
  varint[size++] = static_cast<char>(rest);
  out.insert(begin, varint, static_cast<std::size_t>(size));
}

Result<ChangeParts> change_parts(BytesView bytes) {
  auto damaged = [](const char* what) {
    return fail(ErrorKind::bad_record, std::string("an update of a table was expected: ") + what);
  };
  if (bytes.empty()) return damaged("there are no bytes");
  ChangeParts parts;
  auto body = bytes.substr(0, bytes.size() - 1);
  switch (bytes.back()) {
    case 0:
      parts.before = body;
      return parts;
    case 1:
      parts.now = body;
      return parts;
    case 2:
      break;
    default:
      return damaged("its last byte is none of 00, 01 and 02");
  }
  std::uint64_t zigzag = 0;
  std::size_t read = 0;
  for (bool more = true; more; ++read) {
    if (read == body.size() || read == max_varint_bytes) return damaged("the length of its new value is cut off");
    auto byte = static_cast<unsigned char>(body[read]);
    zigzag |= std::uint64_t{byte & 0x7Fu} << (7 * read);
    more = byte >= 0x80;
  }
  auto length = zigzag >> 1;
  if ((zigzag & 1) != 0 || length > body.size() - read) return damaged("its new value is longer than all of it");
  parts.now = body.substr(read, length);
  parts.before = body.substr(read + length);
  return parts;
}

}  // namespace cryptostream
