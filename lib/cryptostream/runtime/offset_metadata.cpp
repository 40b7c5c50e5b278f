#include <cryptostream/core/big_endian.h>
#include <cryptostream/core/java_hash_order.h>
#include <cryptostream/runtime/offset_metadata.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace cryptostream {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char partition_time_alone = 1;  // the version before times of nodes
constexpr char latest = 2;

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    auto group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0);
    for (std::size_t i = 0; i < 4; ++i) text += i <= group.size() ? digits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : text) {
    auto digit = digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  return bytes;
}

// Takes numbers and names off the front; nothing when there is not enough.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::optional<std::string_view> bytes(std::size_t size) {
    if (rest_.size() < size) return std::nullopt;
    auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <class Number, Number (*read)(const char*)>
  std::optional<Number> number() {
    auto taken = bytes(sizeof(Number));
    return taken ? std::optional(read(taken->data())) : std::nullopt;
  }
  auto int32() { return number<std::int32_t, read_int32>(); }
  auto int64() { return number<std::int64_t, read_int64>(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::string OffsetMetadata::encode() const {
  std::string bytes(1, latest);
  append_int64(partition_time.ms, bytes);
  if (!times.empty()) append_int32(static_cast<std::int32_t>(times.size()), bytes);
  std::vector<std::string> names;
  for (const auto& [name, time] : times) names.push_back(name);
  for (const auto& name : java_hash_order(std::move(names))) {
    append_int32(static_cast<std::int32_t>(name.size()), bytes);
    bytes += name;
    append_int64(times.at(name).ms, bytes);
  }
  return to_base64(bytes);
}

OffsetMetadata OffsetMetadata::decode(std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes) return {};
  Reader reader(*bytes);
  auto version = reader.bytes(1);
  auto partition_time = reader.int64();
  if (!partition_time || (version->front() != latest && version->front() != partition_time_alone)) return {};
  OffsetMetadata metadata;
  metadata.partition_time = {*partition_time};
  if (version->front() == partition_time_alone || reader.empty()) return metadata;
  auto count = reader.int32();
  for (std::int32_t i = 0; count && i < *count; ++i) {
    auto size = reader.int32();
    auto name = size && *size >= 0 ? reader.bytes(static_cast<std::size_t>(*size)) : std::nullopt;
    auto time = reader.int64();
    if (!name || !time) return {};
    metadata.times[std::string(*name)] = {*time};
  }
  return metadata;
}

}  // namespace cryptostream
