// Leaves a local log with two dead letters behind: dead_letters LOG
#include <cryptostream/connect/connect.h>
#include <cryptostream/cryptostream.h>

#include <cstdio>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace cs = cryptostream;

int main(int, char** arguments) {
  const cs::KafkaTopic<std::string, std::string> numbers{"numbers"}, out{"out"};
  auto broker = cs::connect(std::string("local:") + arguments[1]);
  cs::TopicSpec spec;
  spec.name = "numbers";
  if (!broker->create_topic(spec)) return 1;
  auto producer = broker->producer({}).value();
  cs::TopicPartition to{"numbers", 0};
  auto headers = cs::Headers().add("origin", "test");
  for (auto [key, value] : {std::pair{"a", "1"}, {"b", "x2"}, {"c", "3"}, {"d", "x4"}}) {
    cs::OutgoingRecord record;
    record.partition = &to;
    record.timestamp = cs::Timestamp{1'700'000'000'000};
    record.key = key;
    record.value = value;
    record.headers = headers;
    if (!producer->send(record)) return 1;
  }
  if (!producer->flush(std::chrono::seconds(10))) return 1;

  cs::StreamsBuilder b;
  b.stream(numbers)
      .map_values([](const std::string& value) {
        if (value.starts_with("x")) throw std::runtime_error("no number: " + value);
        return value;
      })
      .to(out);
  cs::ApplicationConfig config{.application_id = "app"};
  config.errors = cs::ErrorPolicies::all(cs::ErrorPolicy::dead_letter());
  cs::Application app(b.build(), broker, config);
  std::stop_source stop;
  std::jthread watch([&](std::stop_token ended) {
    while (!ended.stop_requested() && app.metrics().records_produced < 2) std::this_thread::yield();
    stop.request_stop();
  });
  auto ran = app.run(stop.get_token());
  if (!ran) std::fprintf(stderr, "%s\n", ran.error().message().c_str());
  return ran && app.metrics().dead_letters == 2 ? 0 : 1;
}
