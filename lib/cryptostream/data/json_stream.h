// The stream that RapidJSON reads a text from, in place. Private to json_reader.cpp.
#pragma once

#include <array>
#include <cstddef>

namespace cryptostream::detail {

/// What RapidJSON's own in-situ stream does, except that text without escapes is not written over itself: a byte that
/// was just written and is read back as part of a word stalls the processor.
class JsonStream {
 public:
  using Ch = char;

  /// `text` ends with a zero byte.
  explicit JsonStream(char* text) : read_(text), write_(nullptr), begin_(text) {}

  char Peek() const { return *read_; }
  char Take() { return *read_++; }
  std::size_t Tell() const { return static_cast<std::size_t>(read_ - begin_); }

  /// RapidJSON calls this behind the opening quote of a string, and before a number.
  char* PutBegin() {
    char* const begin = read_;
    if (begin != begin_ && begin[-1] == '"') skip_plain_text();
    write_ = read_;
    return begin;
  }
  /// Called for each character right after it was taken, except where an escape was.
  void Put(char c) {
    if (write_ + 1 != read_) *write_ = c;
    ++write_;
  }
  std::size_t PutEnd(const char* begin) const { return static_cast<std::size_t>(write_ - begin); }
  void Flush() {}

 private:
  // Goes to the first quote, backslash or control character. Strings are short: the end of a loop over bytes is
  // predicted, where that of a wider step would have to be waited for.
  void skip_plain_text() {
    char* at = read_;
    while (is_plain[static_cast<unsigned char>(*at)]) ++at;
    read_ = at;
  }

  static constexpr auto is_plain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < plain.size(); ++c) plain[c] = c != '"' && c != '\\';
    return plain;
  }();

  char* read_;
  char* write_;
  char* begin_;
};

}  // namespace cryptostream::detail
