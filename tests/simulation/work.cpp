#include "work.h"

#include "edges.h"

#include <cryptostream/cryptostream.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace simulation {
namespace {

using Text = cs::KafkaTopic<std::string, std::string>;

constexpr std::chrono::milliseconds window = 7ms;  // the time of a record is its number

std::int64_t number_of(const std::string& value) { return std::stoll(value.substr(value.find('.') + 1)); }
bool passes(std::int64_t number) { return number % 5 != 0; }
/// Records of all partitions of the source meet under these.
std::string group_of(std::int64_t number) { return fmt::format("g{}", number % 4); }

}  // namespace

cs::Topology Job::topology(Border& border) const {
  cs::StreamsBuilder b;
  Text raw{"raw"}, out{"out"};
  b.stream(CountingSource{&border, source_partitions, records}).to(raw);
  auto passed = b.stream(raw).filter([](const std::string& value) { return passes(number_of(value)); });
  auto grouped = [&] {
    return passed.select_key([](const std::string& value) { return group_of(number_of(value)); }).group_by_key();
  };
  auto text = [](const std::optional<std::int64_t>& count) { return std::to_string(count.value_or(0)); };
  switch (work) {
    case Work::chain:
      passed.map_values([](const std::string& value) { return value + "!"; }).to(out);
      break;
    case Work::count:
      grouped().count().to_stream().map_values(text).to(out);
      break;
    case Work::windows:
      // A grace that outlasts every delay: none comes too late.
      grouped()
          .windowed_by(cs::TimeWindows::of(window).grace(1h))
          .count()
          .to_stream()
          .map([](const cs::Windowed<std::string>& key, const std::optional<std::int64_t>& count) {
            return cs::KeyValue{fmt::format("{}@{}", key.key, key.window.start.ms), std::to_string(count.value_or(0))};
          })
          .to(out);
      break;
    case Work::reduce:
      // Each record's last digit as a table, and how many of each there are: a table grouped by another key takes away
      // what it added before.
      passed.map_values([](const std::string& value) { return group_of(number_of(value)); })
          .to_table()
          .group_by([](const std::string&, const std::string& value) {
            return cs::KeyValue{value, value};
          })
          .count()
          .to_stream()
          .map_values(text)
          .to(out);
      break;
  }
  b.stream(raw).to(TargetSink{&border, "copy"});
  b.stream(out).to(TargetSink{&border, "table"});
  return b.build();
}

std::int64_t Job::least_rows() const { return records * source_partitions; }

std::string Job::check_out(Values got) const {
  return work == Work::chain ? check_sequences("out", true, std::move(got)) : check_counts(got);
}

// Each key's values: exactly once all of them in order; at least once all of them, the first of each in order.
std::string Job::check_sequences(const std::string& topic, bool passed_on, Values got) const {
  Values want;
  for (int p = 0; p < source_partitions; ++p)
    for (std::int64_t i = 0; i < records; ++i)
      if (!passed_on || passes(i))
        want[CountingSource::key(p, i)].push_back(CountingSource::value(p, i) + (passed_on ? "!" : ""));
  if (!exactly_once)
    for (auto& [key, values] : got) {
      std::set<std::string> seen;
      std::erase_if(values, [&](const auto& value) { return !seen.insert(value).second; });
    }
  for (auto& [key, values] : want)
    if (got[key] != values)
      return fmt::format("topic {}, key {}: {} and not {}", topic, key, fmt::join(got[key], " "),
                         fmt::join(values, " "));
  return got.size() == want.size() ? ""
                                   : fmt::format("topic {} has {} keys and not {}", topic, got.size(), want.size());
}

// A count goes up to the number of records, by one at a time where no cache holds any back. (In a table regrouped it
// goes down too.)
std::string Job::check_counts(const Values& got) const {
  std::map<std::string, std::int64_t> want;
  std::map<std::string, std::string> table;
  for (int p = 0; p < source_partitions; ++p)
    for (std::int64_t i = 0; i < records; ++i) {
      if (!passes(i)) continue;
      if (work == Work::reduce) table[CountingSource::key(p, i)] = group_of(i);
      if (work == Work::count) ++want[group_of(i)];
      if (work == Work::windows) ++want[fmt::format("{}@{}", group_of(i), i / window.count() * window.count())];
    }
  for (const auto& [key, group] : table) ++want[group];
  for (const auto& [key, count] : want) {
    auto found = got.find(key);
    if (found == got.end()) return fmt::format("topic out has nothing of {}", key);
    std::vector<std::int64_t> counts;
    for (const auto& value : found->second) counts.push_back(std::stoll(value));
    bool right = counts.back() == count;
    if (work != Work::reduce)
      right = right && counts.front() >= 1 &&
              std::adjacent_find(counts.begin(), counts.end(), std::greater_equal<>()) == counts.end() &&
              (cached || static_cast<std::int64_t>(counts.size()) == count);
    if (!right)
      return fmt::format("topic out, key {}: {}, and {} is right at the end", key, fmt::join(counts, " "), count);
  }
  return "";
}

}  // namespace simulation
