// A table's update on its way through a repartition topic: new and old value in one record, as Kafka Streams writes it.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/data/serde.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// As Change, but with values of its own. At least one is present.
template <class V>
struct HeldChange {
  std::optional<V> now{};
  std::optional<V> before{};
};

/// The parts of an encoded update.
struct ChangeParts {
  OptionalBytesView now{};
  OptionalBytesView before{};
};

/// Puts the length of the new value (zigzag varint) in front of `out`, whose new value ends where its old one begins.
void prefix_new_length(std::string& out, std::size_t begin, std::size_t length);
/// Errors: bad_record.
Result<ChangeParts> change_parts(BytesView bytes);

/// `new 01`, `old 00`, `zigzag(length of new) new old 02`.
template <class V>
class HeldChangeSerde {
 public:
  template <std::same_as<Serde<V>> S>  // exactly: what converts to a Serde is asked whether it can be copied
  explicit HeldChangeSerde(S values) : values_(std::move(values)) {}

  void encode(const HeldChange<V>& change, std::string& out) const {
    auto begin = out.size();
    if (change.now) values_.encode(*change.now, out);
    if (!change.before) {
      out += '\1';
    } else if (!change.now) {
      values_.encode(*change.before, out);
      out += '\0';
    } else {
      prefix_new_length(out, begin, out.size() - begin);
      values_.encode(*change.before, out);
      out += '\2';
    }
  }
  Result<void> decode(BytesView bytes, HeldChange<V>& into) const {
    CRYPTOSTREAM_TRY_ASSIGN(auto parts, change_parts(bytes));
    CRYPTOSTREAM_TRY(decode_part(parts.now, into.now));
    return decode_part(parts.before, into.before);
  }

 private:
  Result<void> decode_part(OptionalBytesView bytes, std::optional<V>& into) const {
    if (!bytes) {
      into.reset();
      return {};
    }
    if (!into) into.emplace();
    return values_.decode(*bytes, *into);
  }

  Serde<V> values_;
};

}  // namespace cryptostream
