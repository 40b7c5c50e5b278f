// An operator of one's own: passes a price on only when it has moved by one percent, and says so when a coin is silent.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <fmt/core.h>

#include <string>

namespace cs = cryptostream;
using namespace std::chrono_literals;

// Declared once: name, types, settings. Its changes go to a changelog topic, from which it is restored.
const auto last_told = cs::timestamped_key_value_store<std::string, double>("last-told");

class Moves : public cs::Processor<std::string, double, std::string, std::string> {
 public:
  explicit Moves(Context& context) : Processor(context), last_(context.store(last_told)) {
    context.schedule(1min, cs::PunctuationType::stream_time, [this, &context](cs::Timestamp now) {
      for (auto& [coin, told] : last_.all())
        if (now - told.timestamp >= 1min) context.forward(coin, "silent", now);
    });
  }

  void process(const cs::Record<std::string, double>& price) override {
    auto told = last_.get(price.key);
    auto moved = told ? 100 * (price.value / told->value - 1) : 0;
    if (told && std::abs(moved) < 1) return;
    last_.put(price.key, {price.value, price.timestamp});
    context().forward(price.key, fmt::format("{} ({:+.1f} %)", price.value, moved), price.timestamp);
  }

 private:
  decltype(last_told)::Store last_;
};

int main() {
  const cs::KafkaTopic<std::string, double> prices{"prices"};
  const cs::KafkaTopic<std::string, std::string> moves{"moves"};

  cs::StreamsBuilder b;
  b.stream(prices).process<Moves>(cs::Named("moves"), cs::Stores(last_told)).to(moves);

  cs::TestDriver driver(b.build());
  driver.pipe(prices, "BTC", 67000, {1'000});
  driver.pipe(prices, "BTC", 67100, {2'000});  // not worth a word
  driver.pipe(prices, "ETH", 3500, {3'000});
  driver.pipe(prices, "ETH", 3570, {30'000});
  driver.restart();  // as after a crash: the store comes back
  driver.pipe(prices, "BTC", 68400, {40'000});
  driver.pipe(prices, "BTC", 68401, {95'000});
  for (const auto& move : driver.read(moves)) fmt::print("{} {}\n", move.key, move.value);
}
