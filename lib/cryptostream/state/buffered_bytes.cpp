// Writes and reads buffered changes.
#include <cryptostream/core/big_endian.h>
#include <cryptostream/state/buffered_bytes.h>

#include <algorithm>
#include <iterator>

namespace cryptostream {

namespace {

constexpr std::int32_t null_length = -1;
constexpr std::int32_t same_as_prior = -2;

void append_bytes(BytesView bytes, std::string& into) {
  append_int32(static_cast<std::int32_t>(bytes.size()), into);
  into.append(bytes);
}
void append_bytes(OptionalBytesView bytes, std::string& into) {
  bytes ? append_bytes(*bytes, into) : append_int32(null_length, into);
}

// Takes pieces from the front. Once one is missing, all that follow are empty.
class Pieces {
 public:
  explicit Pieces(BytesView bytes) : left_(bytes) {}
  bool complete() const { return complete_; }
  std::int64_t int64() { return take(8) ? read_int64(taken_.data()) : 0; }
  std::int32_t int32() { return take(4) ? read_int32(taken_.data()) : 0; }
  OptionalBytesView bytes() { return bytes(int32()); }
  OptionalBytesView bytes(std::int32_t length) {
    if (length == null_length) return std::nullopt;
    if (length < 0) complete_ = false;
    return take(static_cast<std::size_t>(std::max(length, 0))) ? taken_ : BytesView();
  }

 private:
  bool take(std::size_t size) {
    complete_ = complete_ && size <= left_.size();
    if (!complete_) return false;
    taken_ = left_.substr(0, size);
    left_.remove_prefix(size);
    return true;
  }
  BytesView left_;
  BytesView taken_;
  bool complete_ = true;
};

// Java counts chars: each character of UTF-8 is one, those of four bytes are two.
std::uint64_t utf16_units(std::string_view text) {
  std::uint64_t units = 0;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0) == 0x80 ? 0 : byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

std::uint64_t size_of(OptionalBytesView bytes) { return bytes ? bytes->size() : 0; }

}  // namespace

void append_buffered(const BufferedChange& change, std::string& into) {
  const auto& context = change.context;
  append_int64(context.timestamp.ms, into);
  append_int64(context.offset, into);
  append_bytes(context.topic, into);
  append_int32(context.partition, into);
  append_int32(static_cast<std::int32_t>(std::distance(context.headers.begin(), context.headers.end())), into);
  for (auto header : context.headers) {
    append_bytes(header.name, into);
    append_bytes(header.value, into);
  }
  append_bytes(change.prior, into);
  if (change.before && change.before == change.prior) {
    append_int32(same_as_prior, into);
  } else {
    append_bytes(change.before, into);
  }
  append_bytes(change.now, into);
  append_int64(change.time.ms, into);
}

Result<BufferedChange> read_buffered(BytesView bytes, Headers& headers) {
  BufferedChange change;
  Pieces pieces(bytes);
  change.context.timestamp.ms = pieces.int64();
  change.context.offset = pieces.int64();
  change.context.topic = pieces.bytes().value_or(BytesView());
  change.context.partition = pieces.int32();
  headers.clear();
  for (auto count = pieces.int32(); count > 0 && pieces.complete(); --count) {
    auto name = pieces.bytes().value_or(BytesView());
    headers.add(name, pieces.bytes());
  }
  change.context.headers = headers;
  change.prior = pieces.bytes();
  auto before = pieces.int32();
  change.before = before == same_as_prior ? change.prior : pieces.bytes(before);
  change.now = pieces.bytes();
  change.time.ms = pieces.int64();
  if (!pieces.complete())
    return fail(ErrorKind::failure, "a buffered change is cut off: the changelog is damaged, or not of this store");
  return change;
}

std::uint64_t buffered_weight(BytesView key, const BufferedChange& change) {
  constexpr std::uint64_t place = 8;
  constexpr std::uint64_t origin = 20;  // timestamp, offset, partition
  auto weight = place + key.size() + origin + utf16_units(change.context.topic);
  for (auto header : change.context.headers) weight += utf16_units(header.name) + size_of(header.value);
  weight += size_of(change.prior) + size_of(change.now);
  if (change.before != change.prior) weight += size_of(change.before);
  return weight;
}

}  // namespace cryptostream
