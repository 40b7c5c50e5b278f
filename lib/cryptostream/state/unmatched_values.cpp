// Packs and unpacks the values of an entry.
#include <cryptostream/core/big_endian.h>
#include <cryptostream/state/unmatched_values.h>

#include <cstdint>
#include <cstring>

namespace cryptostream {

namespace {

constexpr char lengths_vary = 1;      // Kafka's ListSerializer: each value follows its length
constexpr std::size_t head_size = 5;  // that and the count
constexpr std::size_t lead_size = 5;  // length and side

}  // namespace

void append_value(std::string& packed, UnmatchedStore::Side side, BytesView value) {
  if (packed.empty()) {
    packed += lengths_vary;
    append_int32(0, packed);
  }
  auto count = to_big_endian(static_cast<std::uint32_t>(read_int32(packed.data() + 1) + 1));
  std::memcpy(packed.data() + 1, &count, 4);
  append_int32(static_cast<std::int32_t>(1 + value.size()), packed);
  packed += static_cast<char>(side);
  packed += value;
}

Result<void> decode_values(BytesView packed, const std::function<Result<void>(BytesView)>& visit) {
  auto damaged = [] { return fail(ErrorKind::failure, "a list of unmatched values is damaged"); };
  if (packed.size() < head_size || packed[0] != lengths_vary) return damaged();
  auto count = read_int32(packed.data() + 1);
  packed.remove_prefix(head_size);
  for (; count > 0; --count) {
    if (packed.size() < lead_size) return damaged();
    auto length = read_int32(packed.data());
    if (length < 1 || packed.size() - 4 < static_cast<std::size_t>(length)) return damaged();
    CRYPTOSTREAM_TRY(visit(packed.substr(lead_size, static_cast<std::size_t>(length) - 1)));
    packed.remove_prefix(4 + static_cast<std::size_t>(length));
  }
  if (!packed.empty()) return damaged();
  return {};
}

bool holds_several(BytesView packed) { return packed.size() >= head_size && read_int32(packed.data() + 1) > 1; }

}  // namespace cryptostream
