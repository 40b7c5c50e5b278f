// What a stateless operator costs: a task from decode to send, with no operator and with ten between, on a log that
// keeps nothing.
#include "task_bench.h"

#include <cryptostream/dsl/streams_builder.h>

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cs = cryptostream;

namespace {

constexpr int rounds = 9;
constexpr int records = 1'000'000;
constexpr int operators = 10;

const cs::KafkaTopic<std::string, std::string> in{"in"};
const cs::KafkaTopic<std::string, std::string> out{"out"};

cs::Topology chain(bool with_operators) {
  cs::StreamsBuilder b;
  auto stream = b.stream(in);
  if (with_operators)
    for (int i = 0; i < operators / 5; ++i)
      stream = stream.filter([](const std::string& v) { return !v.empty(); })
                   .map_values([](const std::string& v) -> const std::string& { return v; })
                   .select_key([](const std::string& k, const std::string&) -> const std::string& { return k; })
                   .peek([](const std::string&) {})
                   .filter_not([](const std::string& v) { return v.empty(); });
  stream.to(out);
  return b.build();
}

double ns_per_record(cs::bench::TaskBench& bench) {
  static const std::string key(40, 'k'), value(40, 'v');
  return bench.ns_per_record(0, records, records, [](cs::LogRecord& record) {
    record.key = key;
    record.value = value;
  });
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + rounds / 2, values.end());
  return values[rounds / 2];
}

}  // namespace

int main() {
  cs::bench::TaskBench bare(chain(false)), full(chain(true));
  std::vector<double> bare_ns, full_ns;
  for (int round = 0; round < rounds; ++round) {
    bare_ns.push_back(ns_per_record(bare));
    full_ns.push_back(ns_per_record(full));
  }
  auto empty = median(bare_ns), whole = median(full_ns);
  fmt::print(
      "{{\"bench\":\"chain\",\"records\":{},\"ns_per_record_without_operators\":{:.1f},\"ns_per_record_with_10_"
      "operators\":{:.1f},"
      "\"ns_per_operator\":{:.2f}}}\n",
      records, empty, whole, (whole - empty) / operators);
}
