// On the road of a record through a stateless chain the library allocates nothing.
#include "../counting_new.h"
#include "null_broker.h"

#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/runtime/log_writer.h>
#include <cryptostream/runtime/task.h>

#include <doctest/doctest.h>

#include <string>

namespace cs = cryptostream;

namespace {

struct Event {
  std::string id;
  std::string symbol;
  std::string note;
  cs::Decimal price;
  std::int64_t time = 0;
};
CRYPTOSTREAM_SCHEMA(Event, id, symbol, note, price, time)

}  // namespace

TEST_CASE(
    "decode, filter, map_values, select_key, peek and encode of 40-character fields allocate nothing per record") {
  const std::string forty(40, 'x');
  const cs::KafkaTopic<std::string, Event> in{"in"};
  const cs::KafkaTopic<std::string, std::string> out{"out"};
  long seen = 0;
  cs::StreamsBuilder b;
  b.stream(in)
      .filter([](const Event& e) { return e.price > 0; })
      .select_key(&Event::symbol)
      .map_values(&Event::note)
      .peek([&seen](const std::string& note) { seen += static_cast<long>(note.size()); })
      .filter_not([](const std::string& note) { return note.empty(); })
      .to(out);
  auto topology = b.build();
  cs::test::NullBroker broker;
  cs::ApplicationConfig config{.application_id = "allocation"};
  cs::Metrics metrics;
  cs::TaskEnvironment environment{topology, config, broker, cs::system_clock(), metrics, "log"};
  auto writer = cs::LogWriter::open(broker, "").value();
  cs::DeadLetters dead_letters(broker, cs::system_clock());
  cs::Task task(environment, {0, 0}, {{"in", 0}}, cs::TaskNeighbours{writer, dead_letters});
  REQUIRE(task.open());
  REQUIRE(task.start());
  auto key = std::string(40, 'k');
  auto value = R"({"id":")" + forty + R"(","symbol":")" + forty + R"(","note":")" + forty +
               R"(","price":"67123.45","time":1700000000000})";
  auto headers = cs::Headers().add("cryptostream.type", "event/1");
  cs::LogRecord record;
  record.key = key;
  record.value = value;
  record.headers = headers;
  auto run = [&](int count) {
    for (int i = 0; i < count; ++i, ++record.offset) REQUIRE(task.process(0, record));
  };
  run(10);  // slots and buffers grow to their size
  auto before = cs::test::allocations();
  for (int i = 0; i < 1'000; ++i, ++record.offset)
    if (!task.process(0, record)) FAIL("refused");
  CHECK(cs::test::allocations() - before == 0);
  CHECK(seen == 1'010 * 40);
  CHECK(broker.sent == 1'010);
}
