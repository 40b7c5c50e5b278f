// Bad records on their way to a topic of their own.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/core/clock.h>
#include <cryptostream/graph/context.h>

#include <memory>
#include <set>
#include <string>

namespace cryptostream {

/// Where a bad record came from and why it is bad.
struct DeadLetter {
  std::string topic{};      ///< the dead-letter topic
  OptionalBytesView key{};  ///< as it came
  OptionalBytesView value{};
  HeadersView headers{};
  Timestamp timestamp{};
  Place place = Place::function;
  std::string reason{};
  std::string origin{};  ///< topic, or external source
  std::int32_t partition = 0;
  std::int64_t offset = -1;  ///< -1: not from a topic
};

/// Writes dead letters outside any transaction: they are in the log before what they fell out of commits, so a crash
/// may repeat one, never lose one. Headers: those of the record, then
/// cryptostream.error.{place,reason,class,attempts,time,topic,partition,offset}. One thread.
class DeadLetters {
 public:
  DeadLetters(Broker& broker, const Clock& clock) : broker_(broker), clock_(clock) {}

  /// Makes the topic if it is missing, and sends.
  Result<void> send(const DeadLetter& letter);
  /// Returns when all are in the log; nothing to do if none was sent.
  Result<void> flush();

 private:
  Broker& broker_;
  const Clock& clock_;
  std::unique_ptr<Producer> producer_;
  std::set<std::string> known_topics_;
  bool unflushed_ = false;
};

}  // namespace cryptostream
