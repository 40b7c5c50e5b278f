// Visits of a site: pages seen by one visitor belong together while less than thirty minutes lie between them.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <fmt/core.h>

#include <string>

namespace cs = cryptostream;
using namespace std::chrono_literals;

std::string joined(const std::string& path, const std::string& more) {
  return path.empty() ? more : path + " > " + more;
}

int main() {
  const cs::KafkaTopic<std::string, std::string> pages{"pages"}, visits{"visits"};

  cs::StreamsBuilder b;
  b.stream(pages)
      .group_by_key()
      .windowed_by(cs::SessionWindows::with_gap(30min).grace(5min))
      .emit(cs::EmitStrategy::on_window_close)
      .aggregate([] { return std::string(); },
                 [](std::string& visit, const std::string& page) { visit = joined(visit, page); },
                 [](const std::string& one, const std::string& other) { return joined(one, other); },
                 cs::Materialized("visits"))
      .to_stream()
      .map([](const cs::Windowed<std::string>& visit, const std::string& path) {
        auto minutes = (visit.window.end - visit.window.start) / 1min;
        return cs::KeyValue{visit.key, fmt::format("{} minutes: {}", minutes, path)};
      })
      .to(visits);

  cs::TestDriver driver(b.build());
  auto see = [&](const char* visitor, const char* page, int minute) {
    driver.pipe(pages, visitor, page, cs::Timestamp{} + std::chrono::minutes(minute));
  };
  see("ada", "home", 0);
  see("ada", "shop", 20);
  see("bob", "home", 25);
  see("ada", "cart", 51);  // more than thirty minutes later: another visit,
  see("ada", "help", 35);  // but this one, which comes late, makes one of both
  see("bob", "home", 300);
  for (const auto& visit : driver.read(visits)) fmt::print("{}: {}\n", visit.key, visit.value);
}
