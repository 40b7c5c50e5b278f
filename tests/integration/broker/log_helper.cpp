// Another process on a local log, driven by the tests: does what its arguments say, one line of output for each thing
// done.
#include <cryptostream/broker/broker.h>

#include <cryptostream/core/fail_point.h>
#include <cryptostream/local/local.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <unistd.h>

using namespace cryptostream;

namespace {

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

/// Ends the process with the error in words.
template <class T>
T get(Result<T> result) {
  if (!result) {
    say(fmt::format("error {} {}", to_string(result.error().kind()), result.error().message()));
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::unique_ptr<Producer> producer_of(Broker& broker, const std::string& id) {
  ProducerOptions options;
  options.transactional_id = id;
  return get(broker.producer(options));
}

/// `count` transactions of `records` records each, values "PREFIX number".
void write(Broker& broker, const std::string& topic, const std::string& prefix, int count, int records) {
  auto producer = producer_of(broker, prefix);
  TopicPartition to{topic, 0};
  int number = 0;
  for (int i = 0; i < count; ++i) {
    get(producer->begin());
    for (int j = 0; j < records; ++j) {
      auto value = prefix + " " + std::to_string(number++);
      get(producer->send({&to, {0}, prefix, value, {}}));
    }
    get(producer->commit());
    say("committed");
  }
}

/// Goes on where the group's offset says, for ever: transaction n writes n to both partitions, twice, with offset n
/// + 1.
void resume(Broker& broker) {
  auto producer = producer_of(broker, "resume");
  GroupOptions options;
  options.group = "resume";
  auto group = get(broker.join(options));
  TopicPartition one{"t", 0};
  TopicPartition two{"t", 1};
  auto committed = get(group->committed({&one, 1}));
  auto next = committed.contains(one) ? committed[one].offset : 0;
  for (;; ++next) {
    auto value = std::to_string(next);
    get(producer->begin());
    for (auto* to : {&one, &two, &one, &two}) get(producer->send({to, {next}, "k", value, {}}));
    get(producer->send_offsets(*group, {{one, {next + 1}}}));
    get(producer->commit());
    say(value);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  auto& command = arguments.at(0);
  // Rights are no obstacle to root, so a test of them runs as somebody else.
  if (command == "probe" && ::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 2;
  auto broker = local_broker(arguments.at(1));
  if (command == "write") {
    write(*broker, arguments.at(2), arguments.at(3), std::stoi(arguments.at(4)), std::stoi(arguments.at(5)));
  } else if (command == "resume") {
    resume(*broker);
  } else if (command == "join") {
    GroupOptions options;
    options.group = arguments.at(2);
    auto group = get(broker->join(options));
    say("joined");
    while (std::getchar() != EOF) continue;
  } else if (command == "probe") {
    say("id " + get(broker->log_id()));
  }
  return 0;
}
