// The middle, the smallest and the largest of values that come and go.
#pragma once

#include <cryptostream/market/sample.h>

#include <cstddef>
#include <set>

namespace cryptostream {

/// A multiset of decimals in two halves, the lower of which has as many values as the upper, or one more. add and
/// remove cost O(log n), the answers nothing. Not empty when asked.
class RunningMedian {
 public:
  void add(const Decimal& value) {
    if (!lower_.empty() && text_order(*lower_.rbegin(), value)) {
      upper_.insert(value);
    } else {
      lower_.insert(value);
    }
    balance();
  }
  /// Takes out a value that was added before.
  void remove(const Decimal& value) {
    if (auto found = lower_.find(value); found != lower_.end()) {
      lower_.erase(found);
    } else {
      upper_.erase(upper_.find(value));
    }
    balance();
  }
  std::size_t size() const { return lower_.size() + upper_.size(); }

  const Decimal& min() const { return *lower_.begin(); }
  const Decimal& max() const { return upper_.empty() ? *lower_.rbegin() : *upper_.rbegin(); }
  /// Of an even number of values the mean of the two in the middle, exactly: its scale is one more than theirs.
  Decimal median() const {
    if (lower_.size() > upper_.size()) return *lower_.rbegin();
    static const Decimal half = Decimal::of("0.5");
    return (*lower_.rbegin() + *upper_.begin()) * half;
  }

 private:
  using Half = std::multiset<Decimal, TextOrder>;

  void balance() {  // moves tree nodes, so nothing is allocated
    if (lower_.size() > upper_.size() + 1) {
      upper_.insert(lower_.extract(std::prev(lower_.end())));
    } else if (lower_.size() < upper_.size()) {
      lower_.insert(upper_.extract(upper_.begin()));
    }
  }

  Half lower_;
  Half upper_;
};

}  // namespace cryptostream
