// Windows of time: what they are, and the keys they make.
#pragma once

#include <cryptostream/core/timestamp.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// A span of time. Time windows hold [start, end), sessions and sliding windows [start, end] with both ends.
struct Window {
  Timestamp start{};
  Timestamp end{};
  auto operator<=>(const Window&) const = default;
};

/// A key within a window: what windowed aggregates are keyed by.
template <class K>
struct Windowed {
  K key{};
  Window window{};
  auto operator<=>(const Windowed&) const = default;
};

template <class T>
constexpr bool is_windowed_v = false;
template <class K>
constexpr bool is_windowed_v<Windowed<K>> = true;

namespace windows_detail {
inline std::chrono::milliseconds checked(std::chrono::milliseconds value, std::int64_t least, const char* what) {
  if (value.count() < least)
    throw std::invalid_argument(std::string(what) + " must be at least " + std::to_string(least) + " ms, and is " +
                                std::to_string(value.count()) + " ms");
  return value;
}
}  // namespace windows_detail

/// Windows of one size that begin at multiples of the advance since 1970: tumbling where both are equal, else hopping
/// (a record then belongs to several). `grace`: how far behind stream time a window's end may lie and still take
/// records; none by default.
class TimeWindows {
 public:
  /// Tumbling windows. Throws std::invalid_argument if `size` is not positive.
  static TimeWindows of(std::chrono::milliseconds size) { return TimeWindows(size); }
  /// Throws std::invalid_argument unless 0 < advance <= size.
  TimeWindows advance_by(std::chrono::milliseconds advance) const {
    auto changed = *this;
    changed.advance_ = windows_detail::checked(advance, 1, "the advance of windows");
    if (advance > size_) throw std::invalid_argument("the advance of windows must not be larger than their size");
    return changed;
  }
  /// Throws std::invalid_argument if negative.
  TimeWindows grace(std::chrono::milliseconds grace) const {
    auto changed = *this;
    changed.grace_ = windows_detail::checked(grace, 0, "the grace of windows");
    return changed;
  }

  std::chrono::milliseconds size() const { return size_; }
  std::chrono::milliseconds advance() const { return advance_; }
  std::chrono::milliseconds grace() const { return grace_; }

  /// Start of the first window that holds `time`; the others follow by advance() while they are <= time. Never
  /// negative.
  std::int64_t first_start(Timestamp time) const {
    auto earliest = time.ms - size_.count() + advance_.count();
    return (earliest < 0 ? 0 : earliest) / advance_.count() * advance_.count();
  }

 private:
  explicit TimeWindows(std::chrono::milliseconds size)
      : size_(windows_detail::checked(size, 1, "the size of windows")), advance_(size) {}
  std::chrono::milliseconds size_;
  std::chrono::milliseconds advance_;
  std::chrono::milliseconds grace_{0};
};

/// A window for each distinct set of records that lie within `difference` of each other, both ends included.
class SlidingWindows {
 public:
  /// Throws std::invalid_argument if negative.
  static SlidingWindows of(std::chrono::milliseconds difference) { return SlidingWindows(difference); }
  SlidingWindows grace(std::chrono::milliseconds grace) const {
    auto changed = *this;
    changed.grace_ = windows_detail::checked(grace, 0, "the grace of windows");
    return changed;
  }
  std::chrono::milliseconds difference() const { return difference_; }
  std::chrono::milliseconds grace() const { return grace_; }

 private:
  explicit SlidingWindows(std::chrono::milliseconds difference)
      : difference_(windows_detail::checked(difference, 0, "the time difference of sliding windows")) {}
  std::chrono::milliseconds difference_;
  std::chrono::milliseconds grace_{0};
};

/// Sessions: records of a key with no gap larger than `gap` between them.
class SessionWindows {
 public:
  /// Throws std::invalid_argument if not positive.
  static SessionWindows with_gap(std::chrono::milliseconds gap) { return SessionWindows(gap); }
  SessionWindows grace(std::chrono::milliseconds grace) const {
    auto changed = *this;
    changed.grace_ = windows_detail::checked(grace, 0, "the grace of windows");
    return changed;
  }
  std::chrono::milliseconds gap() const { return gap_; }
  std::chrono::milliseconds grace() const { return grace_; }

 private:
  explicit SessionWindows(std::chrono::milliseconds gap)
      : gap_(windows_detail::checked(gap, 1, "the gap of sessions")) {}
  std::chrono::milliseconds gap_;
  std::chrono::milliseconds grace_{0};
};

/// One window from `start` on, for ever.
class UnlimitedWindows {
 public:
  static UnlimitedWindows of() { return {}; }
  /// Throws std::invalid_argument if negative.
  UnlimitedWindows start_on(Timestamp start) const {
    windows_detail::checked(std::chrono::milliseconds(start.ms), 0, "the start of unlimited windows");
    auto changed = *this;
    changed.start_ = start;
    return changed;
  }
  Timestamp start() const { return start_; }

 private:
  Timestamp start_{};
};

/// Which records of two streams meet: the other's time in [time - before, time + after].
class JoinWindows {
 public:
  /// Throws std::invalid_argument if negative.
  static JoinWindows of(std::chrono::milliseconds difference) { return JoinWindows(difference, difference); }
  /// How far the other stream's record may lie before this one's. Throws std::invalid_argument if the window gets
  /// empty.
  JoinWindows before(std::chrono::milliseconds before) const { return JoinWindows(before, after_, grace_); }
  JoinWindows after(std::chrono::milliseconds after) const { return JoinWindows(before_, after, grace_); }
  JoinWindows grace(std::chrono::milliseconds grace) const {
    return JoinWindows(before_, after_, windows_detail::checked(grace, 0, "the grace of join windows"));
  }
  std::chrono::milliseconds before() const { return before_; }
  std::chrono::milliseconds after() const { return after_; }
  std::chrono::milliseconds grace() const { return grace_; }
  std::chrono::milliseconds size() const { return before_ + after_; }

 private:
  JoinWindows(std::chrono::milliseconds before, std::chrono::milliseconds after, std::chrono::milliseconds grace = {})
      : before_(before), after_(after), grace_(grace) {
    windows_detail::checked(before + after, 0, "the size of join windows (before + after)");
  }
  std::chrono::milliseconds before_;
  std::chrono::milliseconds after_;
  std::chrono::milliseconds grace_{0};
};

/// EmitStrategy as a value.
enum class Emission : std::uint8_t { on_update, on_close };

/// When a windowed aggregate gives its results: constants of their own types, since result types depend on them.
struct EmitStrategy {
  struct OnWindowUpdate {};
  struct OnWindowClose {};
  /// After each update (the default).
  static constexpr OnWindowUpdate on_window_update{};
  /// Once, when stream time has passed the window's end and grace.
  static constexpr OnWindowClose on_window_close{};
};

}  // namespace cryptostream
