// A record on its way through a topology.
#pragma once

#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/headers.h>

#include <utility>

namespace cryptostream {

/// Four references: what a function sees while a record passes through. It cannot be copied and must not outlive the
/// call.
template <class K, class V>
struct Record {
  const K& key;
  const V& value;
  Timestamp timestamp;
  HeadersView headers;

  Record(const K& record_key, const V& record_value, Timestamp record_timestamp, HeadersView record_headers = {})
      : key(record_key), value(record_value), timestamp(record_timestamp), headers(record_headers) {}
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;
};

/// A record that owns its parts: for queues, sources and tests.
template <class K, class V>
struct OwnedRecord {
  K key{};
  V value{};
  Timestamp timestamp{};
  Headers headers{};
};

/// What `map` and `flat_map` return: a new key and a new value.
template <class K, class V>
struct KeyValue {
  K key;
  V value;
};
template <class K, class V>
KeyValue(K, V) -> KeyValue<K, V>;
template <class V>
KeyValue(const char*, V) -> KeyValue<std::string, V>;
template <class K>
KeyValue(K, const char*) -> KeyValue<K, std::string>;
KeyValue(const char*, const char*)->KeyValue<std::string, std::string>;

}  // namespace cryptostream
