#include "reading.h"

#include <cryptostream/cli/messages.h>
#include <cryptostream/data/utf8.h>

#include <algorithm>
#include <charconv>

namespace cryptostream::tool {

std::int64_t Begin::in(const OffsetRange& range) const {
  auto wanted = at == At::beginning ? range.begin
                : at == At::end     ? range.end
                : at == At::last    ? range.end - number
                                    : number;
  return std::clamp(wanted, range.begin, range.end);
}

Result<Begin> parse_begin(std::string_view option, const std::string& text) {
  if (text == "beginning") return Begin{Begin::At::beginning};
  if (text == "end") return Begin{Begin::At::end};
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return fail(ErrorKind::usage, fmt::format("--{}: `{}` is none of beginning, end, N, -N", option, text));
  return text.starts_with('-') ? Begin{Begin::At::last, -number} : Begin{Begin::At::offset, number};
}

std::string json_bytes(const OptionalBytesView& bytes) {
  if (!bytes) return "null";
  bool looks_like_json = bytes->size() >= 2 && ((bytes->front() == '{' && bytes->back() == '}') ||
                                                (bytes->front() == '[' && bytes->back() == ']'));
  bool one_line = bytes->find('\n') == std::string_view::npos;
  return looks_like_json && one_line && valid_utf8(*bytes) ? std::string(*bytes) : cli::json_text(*bytes);
}

}  // namespace cryptostream::tool
