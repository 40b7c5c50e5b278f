// A program of somebody else's with the PostgreSQL edge: where no server is, it says so and ends with 69.
#include <cryptostream/cryptostream.h>
#include <cryptostream/stores/postgres/sink.h>

namespace cs = cryptostream;

struct Trade {
  std::string symbol;
  cs::Decimal price;
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, price)

int main() {
  const cs::KafkaTopic<std::string, Trade> incoming{"incoming"}, trades{"trades"};
  cs::StreamsBuilder b;
  b.stream(trades).to(cs::PostgresSink<Trade>{"trades", {.url = "postgres://nobody@127.0.0.1:1/nothing"}});
  auto broker = cs::connect("memory:");
  if (!broker->create_topic({.name = "trades"})) return 1;
  cs::Application app{
      b.build(), broker, {.application_id = "consumer", .startup_timeout = std::chrono::milliseconds(200)}};
  auto ended = app.run();
  if (!ended) fmt::print("{}\n", ended.error());
  return !ended && ended.error().exit_code() == 69 ? 0 : 1;
}
