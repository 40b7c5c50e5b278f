// Serde<T>: how values of T become the bytes of a key or value, and back.
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/core/decimal.h>
#include <cryptostream/core/result.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/json.h>
#include <cryptostream/data/schema.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cryptostream {

/// What a user's own serde offers. `encode` appends to `out` and may throw for values that have no encoding; `decode`
/// overwrites `into`, whose old contents may be reused (no allocation for strings that fit).
template <class S, class T>
concept SerdeFor = std::copy_constructible<S> &&
    requires(const S& serde, const T& value, T& into, std::string& out, BytesView bytes) {
  serde.encode(value, out);
  { serde.decode(bytes, into) } -> std::same_as<Result<void>>;
};

/// A serde as a value: shared, immutable, usable from several threads. Made from any SerdeFor<T>, or
/// default_serde<T>().
template <class T>
class Serde {
 public:
  template <class S>
  requires(!std::same_as<S, Serde> &&
           SerdeFor<S, T>)  // in this order: else copying a Serde asks whether a Serde can be copied
      Serde(S serde)
      : box_(std::make_shared<const Box<S>>(std::move(serde))) {}  // NOLINT: any serde is a Serde

  void encode(const T& value, std::string& out) const { box_->encode(value, out); }
  Result<void> decode(BytesView bytes, T& into) const { return box_->decode(bytes, into); }

  /// The part of an encoded value that decides the partition of a record written with it as key: all of it, unless the
  /// serde has a `partition_part(bytes)` of its own (windowed keys).
  BytesView partition_part(BytesView encoded) const { return box_->partition_part(encoded); }

  /// True if both are copies of one serde: what one decoded the other encodes to the same bytes.
  bool same(const Serde& other) const { return box_ == other.box_; }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void encode(const T& value, std::string& out) const = 0;
    virtual Result<void> decode(BytesView bytes, T& into) const = 0;
    virtual BytesView partition_part(BytesView encoded) const = 0;
  };
  template <class S>
  struct Box final : Base {
    explicit Box(S s) : serde(std::move(s)) {}
    void encode(const T& value, std::string& out) const override { serde.encode(value, out); }
    Result<void> decode(BytesView bytes, T& into) const override { return serde.decode(bytes, into); }
    BytesView partition_part(BytesView encoded) const override {
      if constexpr (requires { serde.partition_part(encoded); }) {
        return serde.partition_part(encoded);
      } else {
        return encoded;
      }
    }
    S serde;
  };
  std::shared_ptr<const Base> box_;
};

/// UTF-8 or any bytes, as they are (Kafka's StringSerializer and BytesSerializer).
struct StringSerde {
  void encode(const std::string& value, std::string& out) const { out += value; }
  Result<void> decode(BytesView bytes, std::string& into) const {
    into.assign(bytes);
    return {};
  }
};

/// Big-endian two's complement, 4 or 8 bytes (Kafka's IntegerSerializer, LongSerializer).
template <std::signed_integral T>
struct IntegerSerde {
  void encode(T value, std::string& out) const {
    for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
      out += static_cast<char>(value >> shift);
  }
  Result<void> decode(BytesView bytes, T& into) const {
    if (bytes.size() != sizeof(T))
      return fail(ErrorKind::bad_record,
                  fmt::format("an integer of {} bytes expected, {} bytes found", sizeof(T), bytes.size()));
    std::uint64_t value = 0;
    for (char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    into = static_cast<T>(value);
    return {};
  }
};

/// Big-endian IEEE 754 (Kafka's DoubleSerializer).
struct DoubleSerde {
  void encode(double value, std::string& out) const;
  Result<void> decode(BytesView bytes, double& into) const;
};

/// The decimal's text.
struct DecimalSerde {
  void encode(const Decimal& value, std::string& out) const { value.append_to(out); }
  Result<void> decode(BytesView bytes, Decimal& into) const;
};

/// One JSON object, members in schema order (data/json.h).
template <class T>
struct JsonSerde {
  void encode(const T& value, std::string& out) const { encode_json(type_of<T>(), &value, out); }
  Result<void> decode(BytesView bytes, T& into) const { return decode_json(type_of<T>(), bytes, &into); }
};

/// The serde of a type that needs no choice; `type` is void for types without one.
template <class T>
struct DefaultSerde {
  using type = void;
};
template <>
struct DefaultSerde<std::string> {
  using type = StringSerde;
};
template <>
struct DefaultSerde<std::int32_t> {
  using type = IntegerSerde<std::int32_t>;
};
template <>
struct DefaultSerde<std::int64_t> {
  using type = IntegerSerde<std::int64_t>;
};
template <>
struct DefaultSerde<double> {
  using type = DoubleSerde;
};
template <>
struct DefaultSerde<Decimal> {
  using type = DecimalSerde;
};
template <HasSchema T>
struct DefaultSerde<T> {
  using type = JsonSerde<T>;
};

/// True if T has a default serde: text, int32, int64, double, Decimal, and every type with a schema (as JSON).
template <class T>
concept HasDefaultSerde = !std::is_void_v<typename DefaultSerde<T>::type>;

/// The default serde of T: one object for the whole program, so that `same` holds between topics.
template <HasDefaultSerde T>
const Serde<T>& default_serde() {
  static const Serde<T> serde{typename DefaultSerde<T>::type{}};
  return serde;
}

/// The same for any T, where having none is the user's mistake.
template <class T>
const Serde<T>& required_serde() {
  static_assert(
      HasDefaultSerde<T>,
      "cryptostream: this type has no default serde; give it a schema (CRYPTOSTREAM_SCHEMA) or pass a Serde for it");
  if constexpr (HasDefaultSerde<T>) {
    return default_serde<T>();
  } else {
    __builtin_unreachable();
  }
}

}  // namespace cryptostream
