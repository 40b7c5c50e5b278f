#include <cryptostream/runtime/dead_letters.h>

namespace cryptostream {
namespace {

constexpr std::chrono::milliseconds flush_timeout{30'000};

}  // namespace

Result<void> DeadLetters::send(const DeadLetter& letter) {
  if (!producer_) {
    CRYPTOSTREAM_TRY_ASSIGN(producer_, broker_.producer({}));
  }
  if (!known_topics_.contains(letter.topic)) {
    TopicSpec spec;
    spec.name = letter.topic;
    CRYPTOSTREAM_TRY(broker_.create_topic(spec));
    known_topics_.insert(letter.topic);
  }
  Headers headers(letter.headers);
  headers.add("cryptostream.error.place", to_string(letter.place));
  headers.add("cryptostream.error.reason", letter.reason);
  headers.add("cryptostream.error.class", to_string(ErrorKind::bad_record));
  headers.add("cryptostream.error.attempts", "1");
  headers.add("cryptostream.error.time", clock_.now().to_string());
  headers.add("cryptostream.error.topic", letter.origin);
  headers.add("cryptostream.error.partition", std::to_string(letter.partition));
  headers.add("cryptostream.error.offset", std::to_string(letter.offset));
  TopicPartition partition{letter.topic, 0};
  OutgoingRecord record;
  record.partition = &partition;
  record.timestamp = letter.timestamp;
  record.key = letter.key;
  record.value = letter.value;
  record.headers = headers;
  unflushed_ = true;
  return producer_->send(record);
}

Result<void> DeadLetters::flush() {
  if (!unflushed_) return {};
  CRYPTOSTREAM_TRY(producer_->flush(flush_timeout));
  unflushed_ = false;
  return {};
}

}  // namespace cryptostream
