#include "kafka_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace testing_servers {
namespace {

// Longer than kafka-up's own deadlines, and than a first download.
constexpr auto patience = std::chrono::seconds(170);

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

KafkaServer::KafkaServer(int brokers, const std::vector<std::string>& settings) {
  char name[] = "/tmp/cs-kafka-XXXXXX";
  if (::mkdtemp(name) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  int commands[2], answers[2];
  if (::pipe2(commands, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  if (::pipe2(answers, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::vector<std::string> words{CRYPTOSTREAM_KAFKA_UP, folder_, "0", std::to_string(brokers)};
  words.insert(words.end(), settings.begin(), settings.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  auto messages = folder_ + "/kafka-up.txt";

  process_ = ::fork();
  if (process_ == 0) {
    ::setpgid(0, 0);  // an interrupt at the keyboard is for the tests
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::dup2(commands[0], 0);
    ::dup2(answers[1], 1);
    ::dup2(::open(messages.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644), 2);
    ::execv(CRYPTOSTREAM_KAFKA_UP, arguments.data());
    ::_exit(127);
  }
  ::close(commands[0]);
  ::close(answers[1]);
  commands_ = commands[1];
  answers_ = answers[0];
  try {
    auto first = line();
    if (first.rfind("ready ", 0) != 0) throw std::runtime_error("Kafka did not start: " + first);
    address_ = first.substr(6);
  } catch (const std::exception& error) {
    auto why = error.what() + std::string("\n") + text_of(messages);
    end();
    throw std::runtime_error(why);
  }
}

KafkaServer::~KafkaServer() { end(); }

void KafkaServer::end() {
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
  ::close(commands_);
  ::close(answers_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string KafkaServer::line() {
  auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (auto end = pending_.find('\n'); end != pending_.npos) {
      auto line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd readable{answers_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) == 0)
      throw std::runtime_error("kafka-up says nothing");
    char some[512];
    auto size = ::read(answers_, some, sizeof some);
    if (size <= 0) throw std::runtime_error("kafka-up ended");
    pending_.append(some, static_cast<std::size_t>(size));
  }
}

void KafkaServer::obey(const std::string& verb, int broker, const std::string& answer) {
  auto number = std::to_string(broker), command = verb + " " + number + "\n";
  if (::write(commands_, command.data(), command.size()) != static_cast<ssize_t>(command.size()))
    throw std::runtime_error("kafka-up ended");
  for (;;) {
    auto got = line();
    if (got == answer + " " + number) return;
    // Another broker's end is no answer.
    if (got.rfind("ended ", 0) != 0) throw std::runtime_error("told to " + verb + ", Kafka: " + got);
  }
}

void KafkaServer::kill(int broker) { obey("kill", broker, "killed"); }
void KafkaServer::stop(int broker) { obey("stop", broker, "stopped"); }
void KafkaServer::start(int broker) { obey("start", broker, "started"); }
void KafkaServer::pause(int broker) { obey("pause", broker, "paused"); }
void KafkaServer::resume(int broker) { obey("resume", broker, "resumed"); }

std::string KafkaServer::address(int broker) const {
  std::istringstream all(address_);
  std::string one;
  for (int count = 0; count < broker; ++count)
    if (!std::getline(all, one, ',')) throw std::out_of_range("there is no broker " + std::to_string(broker));
  return one;
}

}  // namespace testing_servers
