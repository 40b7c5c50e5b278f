#include <cryptostream/monitor/metric_text.h>

#include <fmt/format.h>

#include <cmath>

namespace cryptostream {
namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

std::string_view to_string(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
  }
  return "";
}

void MetricText::begin(const MetricFamily& family) {
  family_ = &family;
  described_ = false;
}

void MetricText::write(std::string_view suffix, std::initializer_list<Label> labels, std::string_view bound,
                       std::string_view value) {
  if (!described_) {
    text_.append("# HELP ").append(family_->name).append(" ");
    append_escaped(text_, family_->help, false);
    text_.append("\n# TYPE ").append(family_->name).append(" ").append(to_string(family_->type)).append("\n");
    described_ = true;
  }
  text_.append(family_->name).append(suffix);
  char before = '{';
  auto label = [&](std::string_view name, std::string_view of) {
    text_ += std::exchange(before, ',');
    text_.append(name).append("=\"");
    append_escaped(text_, of, true);
    text_ += '"';
  };
  for (const auto& [name, of] : common_) label(name, of);
  for (const auto& [name, of] : labels) label(name, of);
  if (!bound.empty()) label("le", bound);
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

void MetricText::sample(std::initializer_list<Label> labels, double value) { write("", labels, "", number(value)); }

void MetricText::sample(std::initializer_list<Label> labels, std::uint64_t value) {
  write("", labels, "", fmt::format("{}", value));
}

void MetricText::sample(std::initializer_list<Label> labels, std::int64_t value) {
  write("", labels, "", fmt::format("{}", value));
}

void MetricText::sample(std::initializer_list<Label> labels, const DurationHistogram& value) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= DurationHistogram::bounds.size(); ++i) {
    count += value.bucket(i);
    auto bound = i < DurationHistogram::bounds.size() ? number(DurationHistogram::bounds[i]) : std::string("+Inf");
    write("_bucket", labels, bound, fmt::format("{}", count));
  }
  write("_sum", labels, "", number(seconds(value.sum())));
  write("_count", labels, "", fmt::format("{}", count));
}

}  // namespace cryptostream
