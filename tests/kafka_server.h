// A throw-away Apache Kafka for one test program, which may stop, kill and restart its brokers.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace testing_servers {

/// Lives in a temporary folder of its own and on free ports; goes with the object, or with the process. Throws
/// std::runtime_error when it does not start, or does not do as told: a test then fails, it is not skipped. Ready in
/// about 2 s and 160 MB for each broker, so a program has one for all its cases. For one thread at a time; make it in
/// a thread that outlives it. Needs CRYPTOSTREAM_KAFKA_UP, the path of tests/tools/kafka-up, from the build.
class KafkaServer {
 public:
  /// `settings` are Kafka's, for every broker ("transaction.max.timeout.ms=5000").
  explicit KafkaServer(int brokers = 1, const std::vector<std::string>& settings = {});
  ~KafkaServer();
  KafkaServer(const KafkaServer&) = delete;
  KafkaServer& operator=(const KafkaServer&) = delete;

  /// For bootstrap.servers: all brokers, "127.0.0.1:40001,127.0.0.1:40002".
  const std::string& address() const { return address_; }
  /// Of one broker, counted from 1, which is its node id too.
  std::string address(int broker) const;
  const std::string& folder() const { return folder_; }

  void kill(int broker = 1);    ///< at once (SIGKILL); what it acknowledged stays
  void stop(int broker = 1);    ///< orderly
  void start(int broker = 1);   ///< one that was killed or stopped, with its data, and waits until it is ready
  void pause(int broker = 1);   ///< its connections stay, nothing answers
  void resume(int broker = 1);  ///< after pause

 private:
  void obey(const std::string& verb, int broker, const std::string& answer);
  std::string line();  ///< the next from kafka-up
  void end();
  std::string folder_, address_, pending_;
  pid_t process_ = 0;
  int commands_ = -1, answers_ = -1;
};

}  // namespace testing_servers
