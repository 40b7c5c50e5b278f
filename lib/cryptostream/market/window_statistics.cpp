#include <cryptostream/market/window_statistics.h>

#include <cryptostream/market/volatility.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace cryptostream {

WindowStatistics::WindowStatistics(WindowStatisticsOptions options) : options_(options) {
  if (options.window.count() < 1) throw std::invalid_argument("statistics: the window must be at least 1 ms long");
  if (options.max_samples < 1) throw std::invalid_argument("statistics: max_samples must be at least 1");
}

void WindowStatistics::count_return(const Decimal& before, const Decimal& after, int sign) {
  if (before <= Decimal() || after <= Decimal()) return;
  auto change = log_return(before, after);  // always the same for the same two, so that it can be taken back
  auto squared = std::ldexp(change * change, 90);
  if (std::isfinite(squared)) squared_returns_ += sign * static_cast<SquaredReturn>(squared);
}

void WindowStatistics::enter(Position at, const Sample& sample) {
  bool first = at == samples_.begin(), last = at == samples_.end();
  if (!first && !last) count_return(std::prev(at)->value, at->value, -1);
  if (!first) count_return(std::prev(at)->value, sample.value, 1);
  if (!last) count_return(sample.value, at->value, 1);
  samples_.insert(at, sample);
  moments_.add(sample.value);
  order_.add(sample.value);
  if (sample.value <= Decimal()) ++not_positive_;
}

Sample WindowStatistics::leave_first() {
  auto sample = samples_.front();
  if (samples_.size() > 1) count_return(sample.value, samples_[1].value, -1);
  moments_.remove(sample.value);
  order_.remove(sample.value);
  if (sample.value <= Decimal()) --not_positive_;
  samples_.pop_front();
  return sample;
}

bool WindowStatistics::crowd_out(const Sample& sample) {
  if (crowded_out_ && sample.before(*crowded_out_)) return false;
  if (crowded_out_ && !crowded_out_->same_place(sample)) removed_.push_back(*crowded_out_);
  crowded_out_ = sample;
  return true;
}

bool WindowStatistics::add(const Sample& sample) {
  removed_.clear();
  if (!samples_.empty() && sample.time <= samples_.back().time - options_.window) return false;
  auto at = samples_.end();
  while (at != samples_.begin() && sample.before(*std::prev(at))) --at;
  if (at != samples_.begin() && std::prev(at)->same_place(sample)) {
    auto& present = *std::prev(at);
    auto old = present.value;
    auto retell = [&](int sign) {
      auto index = static_cast<std::size_t>(std::prev(at) - samples_.begin());
      if (index > 0) count_return(samples_[index - 1].value, present.value, sign);
      if (index + 1 < samples_.size()) count_return(present.value, samples_[index + 1].value, sign);
    };
    retell(-1);
    present.value = sample.value;
    retell(1);
    moments_.remove(old);
    moments_.add(sample.value);
    order_.remove(old);
    order_.add(sample.value);
    not_positive_ += sample.value <= Decimal() ? 1 : 0;
    not_positive_ -= old <= Decimal() ? 1 : 0;
    return true;
  }
  if (samples_.size() == options_.max_samples && at == samples_.begin()) return crowd_out(sample);
  bool newest = at == samples_.end();
  enter(at, sample);
  if (newest) {
    auto from = sample.time - options_.window;
    while (samples_.front().time <= from) removed_.push_back(leave_first());
    if (crowded_out_ && crowded_out_->time <= from) {
      removed_.push_back(*crowded_out_);
      crowded_out_.reset();
    }
  }
  if (samples_.size() > options_.max_samples) crowd_out(leave_first());
  return true;
}

std::optional<Statistics> WindowStatistics::value() const {
  if (samples_.empty()) return std::nullopt;
  Statistics result;
  result.to = samples_.back().time;
  result.from = result.to - options_.window;
  result.count = static_cast<std::int64_t>(samples_.size());
  result.first = samples_.front().value;
  result.last = samples_.back().value;
  result.min = order_.min();
  result.max = order_.max();
  result.mean = moments_.mean();
  result.median = order_.median();
  result.deviation = std::sqrt(moments_.variance(0));
  if (result.count > 1) result.sample_deviation = std::sqrt(moments_.variance(1));
  if (!result.first.is_zero()) result.simple_return = (result.last - result.first) / result.first;
  if (result.count > 1 && not_positive_ == 0)
    result.realized_volatility = std::sqrt(std::ldexp(static_cast<double>(squared_returns_), -90));
  result.complete = !crowded_out_;
  return result;
}

}  // namespace cryptostream
