// How much a value has changed since an hour, a day, a week, a month ago.
#pragma once

#include <cryptostream/market/buckets.h>
#include <cryptostream/market/sample.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace cryptostream {

/// One change. Nothing in the optional ones where there was no value then, or only one that is too old.
struct PercentChange {
  std::int64_t period_ms = 0;          ///< N
  std::optional<Decimal> percent;      ///< (now − then) / then × 100; nothing also if then is 0
  std::optional<Decimal> then;         ///< the value N ago
  std::optional<Timestamp> then_time;  ///< when that was: at most N + max_age ago
};
CRYPTOSTREAM_SCHEMA(PercentChange, period_ms, percent, then, then_time)

/// The changes of one value, in the order of the options' periods.
struct PercentChanges {
  Timestamp time;
  Decimal value;
  std::vector<PercentChange> changes;
};
CRYPTOSTREAM_SCHEMA(PercentChanges, time, value, changes)

struct PercentChangeOptions {
  std::vector<std::chrono::milliseconds> periods{std::chrono::hours(1), std::chrono::hours(24),
                                                 std::chrono::hours(7 * 24), std::chrono::hours(30 * 24)};
  /// How much older than N the value "N ago" may be. Nothing: a tenth of N.
  std::optional<std::chrono::milliseconds> max_age{};
  /// Of each interval of this length only the last value is remembered, which bounds memory: 43,200 values for 30 days
  /// at one minute. 0: all of them.
  std::chrono::milliseconds resolution = std::chrono::minutes(1);

  std::chrono::milliseconds max_age_of(std::chrono::milliseconds period) const { return max_age.value_or(period / 10); }
  /// How far behind the latest value one is of use.
  std::chrono::milliseconds history() const;
  /// Throws std::invalid_argument for periods that are not positive, or none, and negative times.
  void check() const;
};

/// (now − then) / then × 100, by one division: 18 decimals or the values' own scale; nothing if `then` is 0.
std::optional<Decimal> percent_change(const Decimal& then, const Decimal& now);

/// The samples that ChangeHistory remembers, in memory. A store of samples has the same members.
class SampleMap {
 public:
  std::optional<Sample> first() const { return samples_.empty() ? std::nullopt : sample(samples_.begin()); }
  /// The last one at or before `time`.
  std::optional<Sample> at_or_before(Timestamp time) const {
    auto next = samples_.upper_bound({time, INT64_MAX});
    return next == samples_.begin() ? std::nullopt : sample(std::prev(next));
  }
  void put(const Sample& sample) { samples_[{sample.time, sample.id}] = sample.value; }
  void erase(const Sample& sample) { samples_.erase({sample.time, sample.id}); }
  std::size_t size() const { return samples_.size(); }

 private:
  using Map = std::map<std::pair<Timestamp, std::int64_t>, Decimal>;
  static std::optional<Sample> sample(Map::const_iterator at) {
    return Sample{at->first.first, at->second, at->first.second};
  }
  Map samples_;
};

/// Changes of the latest value (by time, then id) against the values of fixed times ago.
///
/// The value N ago is the last one at or before (latest time − N), if it is not older than max_age before that: across
/// a longer gap there is no change. With a resolution, it is the last one of those remembered. Values may come in any
/// order: the answer depends on which came, not on when. `Samples`: SampleMap, or anything with its members. Cost of a
/// value: four look-ups, of changes(): one a period.
template <class Samples = SampleMap>
class ChangeHistory {
 public:
  explicit ChangeHistory(const PercentChangeOptions& options = {}, Samples samples = {})
      : options_(options), history_(options.history()), samples_(std::move(samples)) {
    options.check();
  }

  /// Takes a value in. False if nothing has changed: it is too old, or its interval has a later one.
  bool add(const Sample& sample) {
    auto latest = samples_.at_or_before({INT64_MAX});
    if (latest && sample.time < latest->time - history_) return false;
    if (options_.resolution.count() > 0) {
      auto start = bucket_start(sample.time, options_.resolution);
      auto present = samples_.at_or_before(start + options_.resolution - std::chrono::milliseconds(1));
      if (present && present->time >= start) {
        if (sample.before(*present)) return false;
        if (!sample.same_place(*present)) samples_.erase(*present);
      }
    }
    samples_.put(sample);
    if (!latest || sample.time > latest->time)
      for (auto first = samples_.first(); first->time < sample.time - history_; first = samples_.first())
        samples_.erase(*first);
    return true;
  }

  /// Nothing before there was a value. Throws DecimalError where a change does not fit into 38 digits.
  std::optional<PercentChanges> changes() const {
    auto latest = samples_.at_or_before({INT64_MAX});
    if (!latest) return std::nullopt;
    PercentChanges result{latest->time, latest->value, {}};
    for (auto period : options_.periods) {
      auto& change = result.changes.emplace_back();
      change.period_ms = period.count();
      auto then = samples_.at_or_before(latest->time - period);
      if (!then || then->time < latest->time - period - options_.max_age_of(period)) continue;
      change.percent = percent_change(then->value, latest->value);
      change.then = then->value;
      change.then_time = then->time;
    }
    return result;
  }

  const Samples& samples() const { return samples_; }

 private:
  PercentChangeOptions options_;
  std::chrono::milliseconds history_;
  Samples samples_;
};

}  // namespace cryptostream
