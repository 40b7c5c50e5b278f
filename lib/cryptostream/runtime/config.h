// How an application runs, and what it does with bad records.
#pragma once

#include <cryptostream/state/store_spec.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace cryptostream {

enum class Guarantee : std::uint8_t {
  at_least_once,  ///< after a crash some records may be handled twice; as in Kafka Streams the default
  exactly_once,   ///< outputs, offsets and positions of sources commit together, in one transaction of the log
};

/// What happens to a bad record of one place.
struct ErrorPolicy {
  enum class Action : std::uint8_t {
    fail,         ///< end run() with the error; the record is read again at the next start
    skip,         ///< count it, say so in the log, go on
    dead_letter,  ///< write it to a topic with the reason in its headers, go on
  };
  Action action = Action::fail;
  std::string topic{};  ///< dead_letter: where to; empty: "<application.id>-dead-letters"

  static ErrorPolicy fail() { return {}; }
  static ErrorPolicy skip() { return {Action::skip, {}}; }
  static ErrorPolicy dead_letter(std::string topic = {}) { return {Action::dead_letter, std::move(topic)}; }
};

/// One policy for each place where a record can turn out bad (graph/context.h).
struct ErrorPolicies {
  ErrorPolicy decode{};
  ErrorPolicy function{};
  ErrorPolicy encode{};
  ErrorPolicy sink{};

  static ErrorPolicies all(const ErrorPolicy& policy) { return {policy, policy, policy, policy}; }
};

struct ApplicationConfig {
  /// Names the application: its group, its internal topics, its sinks' positions. Letters, digits, '.', '_', '-'.
  /// Required.
  std::string application_id{};

  /// Names this process among those of the application on Kafka: each needs its own, and keeps it over restarts, which
  /// then go unnoticed by the others. A second process with the same id fences the first. Letters, digits, '.', '_',
  /// '-'; never empty.
  std::string process_id{"0"};

  // What is promised.
  Guarantee guarantee = Guarantee::at_least_once;
  ErrorPolicies errors{};

  // How fast.
  int threads = 1;  ///< stream threads; tasks are shared out among them
  std::optional<std::chrono::milliseconds>
      commit_interval{};  ///< default: the broker's (10 ms local log, 100 ms Kafka)
  std::size_t max_uncommitted_records =
      10'000;  ///< a commit is forced after this many records: bounds batches of sinks and transactions
  std::int32_t topic_partitions = 1;  ///< partitions of topics that the application makes itself
  /// What record caches may hold back until a commit, per process, in equal shares for its threads (and one for global
  /// tables, if there are any); 0: every update is handed on at once.
  std::size_t cache_bytes = 10u << 20;
  StoreBackend store = StoreBackend::memory;  ///< what keeps stores whose Materialized does not say it

  // For whoever wants to see again what happened.
  std::string flight_recorder{};                   ///< a folder: each task writes what it was given to
                                                   ///< <folder>/<application.id>-<task>.flight, for TestDriver::replay
  std::uint64_t flight_recorder_bytes = 1u << 30;  ///< of each file; then recording ends

  // How patient.
  std::chrono::milliseconds startup_timeout{
      5'000};  ///< how long unreachable brokers, sources and sinks are retried at the start; later: for ever
  std::chrono::milliseconds topic_check{30'000};  ///< how often sources with a pattern look for topics that match it; a
                                                  ///< new one makes the tasks start anew
  std::chrono::milliseconds drain_timeout{
      10'000};  ///< how long a stop may take to carry on what the application itself has in its log
};

}  // namespace cryptostream
