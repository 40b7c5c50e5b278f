// The last n values, in a ring: what indicators over n periods remember.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/data/schema.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// Keeps as many values as it is told, and gives back the one that each new one pushes out. O(1).
class LastValues {
 public:
  /// Throws std::invalid_argument if `size` is not positive; `what` names the indicator in the message.
  explicit LastValues(std::int64_t size = 1, const char* what = "indicator") : size_(size) {
    if (size < 1) throw std::invalid_argument(std::string(what) + ": a period must be at least 1");
  }

  std::optional<Decimal> add(const Decimal& value) {
    if (!full()) {
      values_.push_back(value);
      return std::nullopt;
    }
    auto& oldest = values_[static_cast<std::size_t>(next_)];
    next_ = (next_ + 1) % size_;
    return std::exchange(oldest, value);
  }
  bool full() const { return static_cast<std::int64_t>(values_.size()) == size_; }
  std::int64_t size() const { return size_; }
  /// In no particular order.
  const std::vector<Decimal>& values() const { return values_; }

 private:
  std::int64_t size_ = 1;
  std::int64_t next_ = 0;  // once full: the oldest
  std::vector<Decimal> values_;

  friend constexpr auto cryptostream_schema(TypeTag<LastValues>) {
    return schema(field("size", &LastValues::size_), field("next", &LastValues::next_),
                  field("values", &LastValues::values_));
  }
};

}  // namespace cryptostream
