// What streams cost in memory: a chain of five operators, counts by key, one-minute windows and a join with a table;
// nanoseconds and allocations a record, with fields of 40 characters, from decode to send. Topics keep nothing; stores
// and changelogs are at work.
#include "../tests/counting_new.h"
#include "task_bench.h"

#include <cryptostream/cryptostream.h>

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t rounds = 7, records = 400'000, keys = 10'000, commit_every = 10'000;

const cs::KafkaTopic<std::string, std::string> in{"in"}, table{"table"}, out{"out"};
const cs::KafkaTopic<std::string, std::int64_t> counts{"counts"};

cs::Topology chain() {
  cs::StreamsBuilder b;
  b.stream(in)
      .filter([](const std::string& v) { return !v.empty(); })
      .map_values([](const std::string& v) -> const std::string& { return v; })
      .select_key([](const std::string& k, const std::string&) -> const std::string& { return k; })
      .peek([](const std::string&) {})
      .filter_not([](const std::string& v) { return v.empty(); })
      .to(out);
  return b.build();
}

cs::Topology count() {
  cs::StreamsBuilder b;
  b.stream(in).group_by_key().count(cs::Materialized("counts")).to_stream().to(counts);
  return b.build();
}

cs::Topology windows() {
  cs::StreamsBuilder b;
  b.stream(in)
      .group_by_key()
      .windowed_by(cs::TimeWindows::of(1min))
      .count(cs::Materialized("counts"))
      .to_stream()
      .map([](const cs::Windowed<std::string>& key, std::int64_t value) {
        return cs::KeyValue{key.key, value};
      })
      .to(counts);
  return b.build();
}

cs::Topology join() {
  cs::StreamsBuilder b;
  auto names = b.table(table, cs::Materialized("names"));
  b.stream(in).join(names, [](const std::string&, const std::string& right) { return right; }).to(out);
  return b.build();
}

struct Figure {
  double ns, allocations;
};

// The median of several rounds over `keys` different keys, and the allocations of the last one, when everything is
// warm.
Figure measure(cs::bench::TaskBench& bench, std::size_t input) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < keys; ++i) names.push_back(fmt::format("{:040}", i));
  const std::string value(40, 'v');
  std::size_t next = 0;
  std::int64_t time = 0;
  auto fill = [&](cs::LogRecord& record) {
    record.key = names[next];
    record.value = value;
    record.timestamp.ms = time += 5;
    next = (next + 7'919) % keys;
  };
  std::vector<double> all;
  long before = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    before = cs::test::allocations();
    all.push_back(bench.ns_per_record(input, records, commit_every, fill));
  }
  auto allocations = static_cast<double>(cs::test::allocations() - before) / static_cast<double>(records);
  std::nth_element(all.begin(), all.begin() + rounds / 2, all.end());
  return {all[rounds / 2], allocations};
}

void print(const char* name, const Figure& figure, const char* end) {
  fmt::print("\"{}\":{{\"ns_per_record\":{:.0f},\"allocations_per_record\":{:.3f}}}{}", name, figure.ns,
             figure.allocations, end);
}

}  // namespace

int main() {
  fmt::print("{{\"bench\":\"streams\",\"records\":{},\"keys\":{},", records, keys);
  {
    cs::bench::TaskBench bench(chain());
    print("chain_of_5", measure(bench, 0), ",");
  }
  {
    cs::bench::TaskBench bench(count());
    print("count_by_key", measure(bench, 0), ",");
    cs::bench::TaskBench cached(count(), 10u << 20);
    print("count_by_key_cached", measure(cached, 0), ",");
  }
  {
    cs::bench::TaskBench bench(windows());
    print("one_minute_windows", measure(bench, 0), ",");
  }
  {
    cs::bench::TaskBench bench(join());
    measure(bench, 1);  // fills the table
    print("stream_table_join", measure(bench, 0), "}\n");
  }
}
