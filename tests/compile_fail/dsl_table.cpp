// Mistakes in functions given to a table's operators.
#include <cryptostream/cryptostream.h>

#include <memory>
#include <optional>
#include <string>

namespace cs = cryptostream;

// BAD 1: cryptostream: the function must take (const V&), (const K&, const V&) or (const Record<K, V>&)
// BAD 2: cryptostream: a predicate must return bool
// BAD 3: cryptostream: group_by of a table needs a function that returns cryptostream::KeyValue{key, value}
// BAD 4: cryptostream: the aggregator must take (A&, const V&), (A&, const K&, const V&)
// BAD 5: cryptostream: the initializer must be callable as const without arguments
// BAD 6: cryptostream: the reducer must be callable as const
// BAD 7: cryptostream: the joiner must take (const L&, const R&) or (const K&, const L&, const R&)
// BAD 8: cryptostream: tables can be joined by key only if their keys have the same type
// BAD 9: cryptostream: this operator has no such option
// BAD 10: cryptostream: the joiner must be callable as const: no `mutable` lambda
// BAD 11: cryptostream: the selector must return a key of the other table, or a std::optional of one
// BAD 12: cryptostream: the joiner must take (const L&, const R&) or (const K&, const L&, const R&)
// BAD 13: cryptostream: a join by foreign key has one name: give it to TableJoined
// BAD 14: cryptostream: a partitioner must be a function or a lambda without `auto`

#ifndef BAD
#define BAD 0
#endif

using std::string;
const cs::KafkaTopic<string, string> names{"names"}, out{"out"};
const cs::KafkaTopic<std::int64_t, string> numbered{"numbered"};

void build() {
  cs::StreamsBuilder b;
  auto table = b.table(names);
  [[maybe_unused]] auto other = b.table(numbered);
  [[maybe_unused]] auto by_name = table.group_by([](const string& v) { return cs::KeyValue{v, v}; });
  [[maybe_unused]] auto add = [](const string& sum, const string& v) { return sum + v; };
  [[maybe_unused]] auto number = [](const string& v) { return static_cast<std::int64_t>(v.size()); };
#if BAD == 1
  table.map_values([](int) { return string(); }).filter([](const string&) { return true; }).to_stream().to(out);
#elif BAD == 2
  table.filter([](const string& v) { return v; }).to_stream().to(out);
#elif BAD == 3
  table.group_by([](const string& v) { return v; }).count().to_stream().to(out);
#elif BAD == 4
  by_name.aggregate([] { return string(); }, [](int, int) { return string(); }, add).to_stream().to(out);
#elif BAD == 5
  by_name.aggregate(string(), add, add).to_stream().to(out);
#elif BAD == 6
  by_name.reduce([n = 0](const string& sum, const string&) mutable { return sum + std::to_string(++n); }, add)
      .to_stream()
      .to(out);
#elif BAD == 7
  table.left_join(table, [](const string& l, const string& r) { return l + r; }).to_stream().to(out);
#elif BAD == 8
  table.join(other, [](const string& l, const string& r) { return l + r; }).to_stream().to(out);
#elif BAD == 9
  table.filter([](const string&) { return true; }, cs::Grouped("g"));
#elif BAD == 10
  table.join(table, [n = 0](const string& l, const string&) mutable { return l + std::to_string(++n); })
      .to_stream()
      .to(out);
#elif BAD == 11
  table
      .join(
          other, [](const string& v) { return v; }, add)
      .to_stream()
      .to(out);
#elif BAD == 12
  table.left_join(other, number, add).to_stream().to(out);
#elif BAD == 13
  table.join(other, number, add, cs::Named("a"), cs::TableJoined("b"));
#elif BAD == 14
  table.join(other, number, add, cs::TableJoined().partitioner([](const auto&, std::int32_t) { return 0; }));
#else
  table.join(other, number, add, cs::Named("a"), cs::Materialized("m")).to_stream();
  table.join(table, add).to_stream().to_table().to_stream();
  by_name.reduce(add, add).to_stream();
#endif
}
