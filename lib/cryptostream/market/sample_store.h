// A store of samples by key and time: the state of statistics and changes.
#pragma once

#include <cryptostream/core/big_endian.h>
#include <cryptostream/graph/store_builder.h>
#include <cryptostream/market/sample.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// Key of a sample's entry.
template <class K>
struct SampleKey {
  K key{};
  Timestamp time{};
  std::int64_t id = 0;
};

/// int32 length of key | key | int64 time | int64 id, the latter two with the sign bit turned: the entries of a key lie
/// together, in the order of time and id.
template <class K>
class SampleKeySerde {
 public:
  // A template, so that asking whether this class can be copied does not ask whether it is a serde of keys.
  template <std::same_as<Serde<K>> S>
  explicit SampleKeySerde(S keys) : keys_(std::move(keys)) {}
  void encode(const SampleKey<K>& value, std::string& out) const {
    auto begin = out.size();
    out.append(4, '\0');
    keys_.encode(value.key, out);
    std::string length;
    append_int32(static_cast<std::int32_t>(out.size() - begin - 4), length);
    out.replace(begin, 4, length);
    append_int64(value.time.ms ^ INT64_MIN, out);
    append_int64(value.id ^ INT64_MIN, out);
  }
  Result<void> decode(BytesView bytes, SampleKey<K>& into) const {
    if (bytes.size() < 20)
      return fail(ErrorKind::bad_record,
                  fmt::format("a sample's key has at least 20 bytes, this one {}", bytes.size()));
    into.time.ms = read_int64(bytes.data() + bytes.size() - 16) ^ INT64_MIN;
    into.id = read_int64(bytes.data() + bytes.size() - 8) ^ INT64_MIN;
    return keys_.decode(bytes.substr(4, bytes.size() - 20), into.key);
  }

 private:
  Serde<K> keys_;
};

/// The declaration of such a store. Each sample is an entry of its own, so a change costs its own bytes in the
/// changelog, however long the history.
template <class K>
auto sample_store(std::string name, Serde<K> keys = required_serde<K>()) {
  return key_value_store<SampleKey<K>, Decimal>(std::move(name),
                                                Serde<SampleKey<K>>(SampleKeySerde<K>(std::move(keys))));
}

/// The samples of one key in such a store; what ChangeHistory asks for. Valid as long as the processor and the key.
template <class K>
class StoredSamples {
 public:
  using Store = TypedKeyValueStore<SampleKey<K>, Decimal>;
  StoredSamples(Store& store, const K& key) : store_(&store), key_(&key) {}

  std::optional<Sample> first() const { return first_of(store_->range(lowest(), highest())); }
  std::optional<Sample> at_or_before(Timestamp time) const {
    return first_of(store_->range(lowest(), {*key_, time, INT64_MAX}, Direction::backward));
  }
  void put(const Sample& sample) { store_->put({*key_, sample.time, sample.id}, sample.value); }
  void erase(const Sample& sample) { store_->erase({*key_, sample.time, sample.id}); }
  /// Calls `take` with each sample, the earliest first.
  template <class F>
  void for_each(const F& take) const {
    for (auto& [key, value] : store_->range(lowest(), highest())) take(Sample{key.time, value, key.id});
  }

 private:
  SampleKey<K> lowest() const { return {*key_, {INT64_MIN}, INT64_MIN}; }
  SampleKey<K> highest() const { return {*key_, {INT64_MAX}, INT64_MAX}; }
  template <class Range>
  static std::optional<Sample> first_of(Range range) {
    for (auto& [key, value] : range) return Sample{key.time, value, key.id};
    return std::nullopt;
  }
  Store* store_;
  const K* key_;
};

}  // namespace cryptostream
