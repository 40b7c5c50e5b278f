// Mistakes in functions given to a stream's operators.
#include <cryptostream/dsl/streams_builder.h>

#include <memory>
#include <optional>
#include <string>

namespace cs = cryptostream;

// BAD 1: cryptostream: the function must be callable as const: no `mutable` lambda
// BAD 2: cryptostream: the value may be absent here
// BAD 3: cryptostream: the function must take (const V&), (const K&, const V&) or (const Record<K, V>&)
// BAD 4: cryptostream: the function must be copyable
// BAD 5: cryptostream: a pointer to a member cannot be applied to a value that may be absent
// BAD 6: cryptostream: map needs a function that returns cryptostream::KeyValue{key, value}
// BAD 7: cryptostream: flat_map_values needs a function that returns a range of values
// BAD 8: cryptostream: a predicate must return bool

#ifndef BAD
#define BAD 0
#endif

struct Trade {
  std::string symbol;
  std::string note;
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, note)

const cs::KafkaTopic<std::string, Trade> trades{"trades"};
const cs::KafkaTopic<std::string, std::optional<Trade>> maybe_trades{"maybe-trades"};
const cs::KafkaTopic<std::string, std::string> notes{"notes"};

void build() {
  cs::StreamsBuilder b;
  auto stream = b.stream(trades);
  auto maybe = b.stream(maybe_trades);
  auto note = [](const Trade& trade) { return trade.note; };
  maybe.drop_absent().filter([](const Trade&) { return true; }).map_values(note).to(notes);
#if BAD == 1
  stream.filter([n = 0](const Trade&) mutable { return ++n > 1; }).map_values(note).to(notes);
#elif BAD == 2
  maybe.filter([](const Trade&) { return true; }).map_values(note).to(notes);
#elif BAD == 3
  stream.map_values([](int) { return std::string(); }).filter([](const std::string&) { return true; }).to(notes);
#elif BAD == 4
  stream.map_values([p = std::make_unique<int>(1)](const Trade& trade) { return trade.note; }).to(notes);
#elif BAD == 5
  maybe.map_values(&Trade::note).to(notes);
#elif BAD == 6
  stream.map(note).filter([](const std::string&) { return true; }).to(notes);
#elif BAD == 7
  stream.flat_map_values([](const Trade&) { return 1; }).to(notes);
#elif BAD == 8
  stream.filter([](const Trade& trade) { return trade; }).map_values(note).to(notes);
#else
  stream.map_values(note).to(notes);
#endif
}
