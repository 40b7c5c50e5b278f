// Aggregations in sliding windows: a window ends with each record, and one begins 1 ms behind each record that another
// one follows within the difference. Records before the first difference share the window [0, difference].
#pragma once

#include <cryptostream/graph/window_aggregate_nodes.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace cryptostream {

/// Null keys and values are left out and counted. A stored window's time is that of its latest record, which the
/// algorithm relies on.
template <class KR, class VR, class A>
class SlidingWindowAggregateNode final : public WindowAggregateBase<KR, VR, strip_optional_t<VR>, A, SlidingWindows> {
 public:
  using V = strip_optional_t<VR>;
  using Base = WindowAggregateBase<KR, VR, V, A, SlidingWindows>;
  using Base::Base;
  using typename Base::K;

  Result<void> receive(const Record<KR, VR>& record) override {
    const K* key = address_of(record.key);
    const V* value = address_of(record.value);
    if (!key || !value) {
      this->context_->drop("its key or value is null");
      return {};
    }
    Record<K, V> present(*key, *value, record.timestamp, record.headers);
    return this->guarded([&]() -> Result<void> {
      close_ = this->close_time(record.timestamp);
      if (record.timestamp.ms + difference() < close_) {
        this->context_->drop("its windows have closed");
        return {};
      }
      bool early = record.timestamp.ms < difference();
      // Before the record moves the store's time, which may expire what has just closed.
      if (this->emission_ == Emission::on_close && !early) CRYPTOSTREAM_TRY(emit_closed(present));
      this->key_bytes_.assign(this->store_.encode_key(*key));
      CRYPTOSTREAM_TRY(load(record.timestamp, early));
      return early ? add_early(present) : add(present);
    });
  }

 private:
  /// A window as it is in the store.
  struct Stored {
    std::int64_t start = 0;
    std::int64_t latest = 0;  ///< time of its latest record
    std::optional<A> aggregate;
  };

  std::int64_t difference() const { return this->size_.count(); }

  /// Reads the windows that a record of this time touches or is made from: newest first, or oldest first if `early`.
  Result<void> load(Timestamp time, bool early) {
    stored_ = 0;
    Timestamp from{early ? 0 : std::max<std::int64_t>(0, time.ms - 2 * difference())};
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, this->store_.bytes().fetch(this->key_bytes_, from, {time.ms + 1},
                                                                    early ? Direction::forward : Direction::backward));
    for (;;) {
      CRYPTOSTREAM_TRY_ASSIGN(const auto* entry, cursor->next());
      if (!entry) return {};
      if (stored_ == windows_found_.size()) windows_found_.emplace_back();
      auto& window = windows_found_[stored_++];
      window.start = entry->start.ms;
      window.latest = entry->timestamp.ms;
      CRYPTOSTREAM_TRY(this->store_.decode(entry->value, window.aggregate));
      if (!early && window.start + difference() < time.ms) return {};
    }
  }
  bool starts(std::int64_t start) const {
    return std::any_of(windows_found_.begin(), windows_found_.begin() + static_cast<std::ptrdiff_t>(stored_),
                       [&](const Stored& window) { return window.start == start; });
  }

  /// Adds the record to a window, unless it has closed. `latest`: of the records it has had so far.
  Result<void> put(const Record<K, V>& record, std::int64_t start, std::optional<A>& aggregate, std::int64_t latest) {
    if (start + difference() < close_) {
      this->context_->drop("one of its windows has closed");
      return {};
    }
    return this->update(record, {start}, aggregate,
                        aggregate ? Timestamp{std::max(record.timestamp.ms, latest)} : record.timestamp);
  }
  /// Begins the window 1 ms behind `before`, with this record for its first.
  Result<void> begin_behind(const Record<K, V>& record, std::int64_t before) {
    this->aggregation_.start(fresh_);
    return put(record, before + 1, fresh_, record.timestamp.ms);
  }
  /// Begins the window 1 ms behind the record, from later records alone.
  Result<void> begin_behind_record(const Record<K, V>& record) {
    return this->keep(record, {record.timestamp.ms + 1}, later_, nullptr, {later_latest_});
  }

  Result<void> add(const Record<K, V>& record) {
    auto time = record.timestamp.ms;
    std::optional<std::int64_t> previous;  // time of the record before this one, as far as it matters
    Stored* before = nullptr;              // the window that ended last before this record
    bool has_left = false, has_right = false, has_later = false;
    for (std::size_t i = 0; i < stored_; ++i) {
      auto& window = windows_found_[i];
      auto end = window.start + difference();
      if (window.start == time + 1) {
        has_right = true;
      } else if (end > time) {
        if (!has_later) take_later(window, has_later);
        CRYPTOSTREAM_TRY(put(record, window.start, window.aggregate, window.latest));
      } else if (end == time) {
        has_left = true;
        bool repeated = window.latest >= time;
        auto latest = window.latest;
        CRYPTOSTREAM_TRY(put(record, window.start, window.aggregate, window.latest));
        if (repeated) return {};  // a record of this time has made all windows already
        previous = latest;
      } else {
        before = &window;
        previous = window.latest;
      }
    }
    if (previous && !starts(*previous + 1) && *previous + 1 + difference() >= time)
      CRYPTOSTREAM_TRY(begin_behind(record, *previous));
    if (!has_left) {
      if (previous && before && time - difference() <= *previous) {
        CRYPTOSTREAM_TRY(put(record, time - difference(), before->aggregate, time));
      } else {
        this->aggregation_.start(fresh_);
        CRYPTOSTREAM_TRY(put(record, time - difference(), fresh_, time));
      }
    }
    if (!has_right && has_later && later_latest_ > time) CRYPTOSTREAM_TRY(begin_behind_record(record));
    return {};
  }

  Result<void> add_early(const Record<K, V>& record) {
    auto time = record.timestamp.ms;
    std::optional<std::int64_t> previous;
    Stored* combined = nullptr;  // [0, difference]
    bool has_right = false, has_later = false;
    for (std::size_t i = 0; i < stored_; ++i) {
      auto& window = windows_found_[i];
      if (window.start == 0) {
        combined = &window;
        if (window.latest < time) previous = window.latest;
      } else if (window.start <= time) {
        take_later(window, has_later);
        CRYPTOSTREAM_TRY(put(record, window.start, window.aggregate, window.latest));
      } else {
        has_right = true;
      }
    }
    // With nothing between, the combined window holds what came later.
    if (!has_later && combined && combined->latest > time) take_later(*combined, has_later);
    if (!has_right && has_later && later_latest_ > time) CRYPTOSTREAM_TRY(begin_behind_record(record));
    if (previous && !starts(*previous + 1)) CRYPTOSTREAM_TRY(begin_behind(record, *previous));
    if (combined) return put(record, 0, combined->aggregate, combined->latest);
    this->aggregation_.start(fresh_);
    return put(record, 0, fresh_, time);
  }

  void take_later(const Stored& window, bool& taken) {
    later_ = window.aggregate;
    later_latest_ = window.latest;
    taken = true;
  }

  Result<void> emit_closed(const Record<K, V>& record) {
    auto until = this->emitted_until_.get(*this->context_);
    if (until >= close_ && until != -1) return {};
    auto last = close_ - difference() - 1;
    if (last < 0) return {};
    auto first = until == -1 ? 0 : std::max<std::int64_t>(0, until - difference());
    CRYPTOSTREAM_TRY(this->emit(record, {first}, {last}));
    this->emitted_until_.set(*this->context_, close_);
    return {};
  }

  std::int64_t close_ = 0;
  std::vector<Stored> windows_found_;  // used again: only the first stored_ count
  std::size_t stored_ = 0;
  std::optional<A> fresh_;
  std::optional<A> later_;  // what the window behind the record begins with
  std::int64_t later_latest_ = 0;
};

}  // namespace cryptostream
