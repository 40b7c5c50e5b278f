// The hottest reading of each sensor in ten seconds, told once the ten seconds are over, if it is too hot.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace cs = cryptostream;
using namespace std::chrono_literals;

int main() {
  const cs::KafkaTopic<std::string, double> readings{"readings"};
  const cs::KafkaTopic<std::string, std::string> alerts{"alerts"};

  cs::StreamsBuilder b;
  b.stream(readings)
      .group_by_key()
      .windowed_by(cs::TimeWindows::of(10s).grace(2s))
      .reduce([](double hottest, double reading) { return std::max(hottest, reading); }, cs::Materialized("hottest"))
      .suppress(cs::Suppressed::until_window_closes(cs::BufferConfig::unbounded()))
      .filter([](double hottest) { return hottest > 30; })
      .to_stream()
      .drop_absent()
      .map([](const cs::Windowed<std::string>& sensor, double hottest) {
        auto from = sensor.window.start.to_string();
        return cs::KeyValue{sensor.key, fmt::format("{:.1f} °C within 10 s from {}", hottest, from)};
      })
      .to(alerts);

  cs::TestDriver driver(b.build());
  driver.pipe(readings, "cellar", 17.0, {1'000});
  driver.pipe(readings, "roof", 29.5, {2'000});
  driver.pipe(readings, "roof", 34.2, {9'000});
  driver.pipe(readings, "roof", 28.0, {11'000});
  driver.pipe(readings, "roof", 36.5, {8'000});     // late, but not too late
  driver.pipe(readings, "cellar", 17.5, {12'000});  // closes the first ten seconds
  driver.pipe(readings, "roof", 40.0, {7'000});     // too late
  for (const auto& alert : driver.read(alerts)) fmt::print("{}: {}\n", alert.key, alert.value);
}
