// From an API through a log into a database, exactly once: readme COINCAP_KEY_FILE [COINCAP_URL]
#include <cryptostream/cryptostream.h>
#include <cryptostream/market/quote.h>
#include <cryptostream/sources/coincap/source.h>
#include <cryptostream/stores/postgres/sink.h>

#include <fstream>

namespace cs = cryptostream;

const cs::KafkaTopic<std::string, cs::Quote> quotes{"quotes"};  // name and types, written once

int main(int argc, char** argv) {
  cs::CoinCapOptions coincap{.coins = {"BTC", "ETH"}};
  if (argc > 1) std::getline(std::ifstream(argv[1]), coincap.key);
  if (argc > 2) coincap.url = argv[2];

  cs::StreamsBuilder b;
  b.stream(cs::CoinCapSource{coincap}).to(quotes);
  b.stream(quotes)
      .filter([](const cs::Quote& q) { return q.price > 0; })
      .to(cs::PostgresSink<cs::Quote>{"quotes"});  // where: libpq's own PGHOST, PGDATABASE, …

  cs::Application app{b.build(),
                      cs::connect("local:quotes.db"),
                      {.application_id = "readme", .guarantee = cs::Guarantee::exactly_once}};
  auto ended = app.run(cs::until_signal());  // drains, commits, leaves the group
  if (!ended) fmt::print(stderr, "{}\n", ended.error());
  return ended ? 0 : ended.error().exit_code();
}
