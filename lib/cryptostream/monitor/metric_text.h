// Prometheus' text format, version 0.0.4: how a metric is written.
#pragma once

#include <cryptostream/runtime/metrics.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptostream {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

/// "counter", "gauge", "histogram".
std::string_view to_string(MetricType type);

/// A metric's name and what it means.
struct MetricFamily {
  std::string_view name;  ///< "cryptostream_commits_total": counters end in _total, units are base units
  MetricType type;
  std::string_view labels;  ///< "application, topic"
  std::string_view help;
};

/// Writes families one after the other: all samples of one before the next begins. A family without samples leaves
/// nothing behind.
class MetricText {
 public:
  using Label = std::pair<std::string_view, std::string_view>;

  /// Labels that all samples have from now on, before their own.
  void common_labels(std::vector<Label> labels) { common_ = std::move(labels); }
  void begin(const MetricFamily& family);

  void sample(std::initializer_list<Label> labels, double value);
  void sample(std::initializer_list<Label> labels, std::uint64_t value);
  void sample(std::initializer_list<Label> labels, std::int64_t value);
  void sample(std::initializer_list<Label> labels, const DurationHistogram& value);

  std::string take() { return std::move(text_); }

 private:
  void write(std::string_view suffix, std::initializer_list<Label> labels, std::string_view bound,
             std::string_view value);

  std::string text_;
  std::vector<Label> common_;
  const MetricFamily* family_ = nullptr;
  bool described_ = false;
};

}  // namespace cryptostream
