// A state store in the blueprint: what it keeps, for how long, and what its changelog topic is like.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace cryptostream {

/// What holds a store's contents. They differ in what they still hold past their retention, as Kafka Streams' do.
enum class StoreBackend : std::uint8_t {
  by_configuration,  ///< ApplicationConfig::store
  memory,            ///< forgets exactly at the retention; lost with the process, restored from the changelog
  rocksdb,           ///< on disk; forgets whole segments of max(retention / 2, 60 s)
};

struct StoreSpec {
  enum class Type : std::uint8_t {
    key_value,              ///< plain key and value: stores of processors
    timestamped_key_value,  ///< tables: the value with the time of its record
    window,                 ///< by key and window start, plain values: stream-stream joins
    timestamped_window,     ///< windowed aggregates
    session,                ///< by key, window start and end
    versioned,              ///< all versions of a key within a history
    suppression,            ///< the buffer of suppress: changes in the order of their time
    join_grace,             ///< the buffer of a stream-table join with grace
    unmatched,              ///< what a left or outer stream-stream join has not found a partner for
  };

  std::string name;  ///< without prefix: "counts", "KSTREAM-AGGREGATE-STATE-STORE-0000000001"
  Type type = Type::timestamped_key_value;
  StoreBackend backend = StoreBackend::by_configuration;

  std::chrono::milliseconds retention{0};    ///< windows and sessions; versioned: the history; join_grace: the grace
  std::chrono::milliseconds window_size{0};  ///< windows
  std::chrono::milliseconds segment_interval{
      0};                          ///< 0: max(retention / 2, 60 s); versioned: see Kafka Streams' default
  bool retain_duplicates = false;  ///< several values of one key and window start: stream-stream joins
  bool time_first = false;         ///< emission on window close reads by time: the RocksDB layout with time in front

  bool caching = false;  ///< holds updates back until a commit, where caches have room (ApplicationConfig::cache_bytes)
  bool logging = true;   ///< has a changelog topic
  bool logs_headers = false;  ///< key-value stores: changelog records carry the headers of those that led to them
  std::map<std::string, std::string> topic_settings{};  ///< of the changelog, over the defaults

  /// Suppression and grace: how much may wait. Zero: no bound.
  std::uint64_t max_records = 0;
  std::uint64_t max_bytes = 0;

  /// Set where the changelog is an input topic (optimisation reuse.ktable.source.topics): its name; then nothing is
  /// logged.
  std::string source_topic{};

  bool operator==(const StoreSpec&) const = default;
};

}  // namespace cryptostream
