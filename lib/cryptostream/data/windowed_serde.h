// The bytes of windowed keys on topics, as Kafka Streams writes them (TimeWindowedSerde, SessionWindowedSerde).
#pragma once

#include <cryptostream/core/big_endian.h>
#include <cryptostream/data/serde.h>
#include <cryptostream/data/windows.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>

namespace cryptostream {

/// key | int64 start; the end follows from the size of the windows.
template <class K>
class TimeWindowedSerde {
 public:
  TimeWindowedSerde(Serde<K> key_serde, std::chrono::milliseconds window_size)
      : key_serde_(std::move(key_serde)), size_(window_size) {}
  void encode(const Windowed<K>& value, std::string& out) const {
    key_serde_.encode(value.key, out);
    append_int64(value.window.start.ms, out);
  }
  Result<void> decode(BytesView bytes, Windowed<K>& into) const {
    if (bytes.size() < 8)
      return fail(ErrorKind::bad_record, fmt::format("a windowed key has at least 8 bytes, this one {}", bytes.size()));
    into.window.start.ms = read_int64(bytes.data() + bytes.size() - 8);
    // Kafka Streams clamps an end that overflows.
    auto start = into.window.start.ms;
    into.window.end.ms = start > INT64_MAX - size_.count() ? INT64_MAX : start + size_.count();
    return key_serde_.decode(bytes.substr(0, bytes.size() - 8), into.key);
  }

  /// The key without its window: all windows of a key lie in one partition.
  BytesView partition_part(BytesView encoded) const { return encoded.substr(0, encoded.size() - 8); }

 private:
  Serde<K> key_serde_;
  std::chrono::milliseconds size_;
};

/// key | int64 end | int64 start: the end comes first.
template <class K>
class SessionWindowedSerde {
 public:
  // A template, so that asking whether this class can be copied does not ask whether it is a serde of keys.
  template <std::same_as<Serde<K>> S>
  explicit SessionWindowedSerde(S key_serde) : key_serde_(std::move(key_serde)) {}
  void encode(const Windowed<K>& value, std::string& out) const {
    key_serde_.encode(value.key, out);
    append_int64(value.window.end.ms, out);
    append_int64(value.window.start.ms, out);
  }
  Result<void> decode(BytesView bytes, Windowed<K>& into) const {
    if (bytes.size() < 16)
      return fail(ErrorKind::bad_record,
                  fmt::format("a session's key has at least 16 bytes, this one {}", bytes.size()));
    into.window.end.ms = read_int64(bytes.data() + bytes.size() - 16);
    into.window.start.ms = read_int64(bytes.data() + bytes.size() - 8);
    return key_serde_.decode(bytes.substr(0, bytes.size() - 16), into.key);
  }

  /// The key without its session.
  BytesView partition_part(BytesView encoded) const { return encoded.substr(0, encoded.size() - 16); }

 private:
  Serde<K> key_serde_;
};

}  // namespace cryptostream
