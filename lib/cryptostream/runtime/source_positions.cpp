#include <cryptostream/core/clock.h>
#include <cryptostream/runtime/source_positions.h>

namespace cryptostream {
namespace {

constexpr std::chrono::milliseconds patience{30'000};
constexpr std::chrono::milliseconds poll_wait{200};

}  // namespace

Result<std::map<std::string, std::string>> SourcePositions::read(Broker& broker, const std::string& application_id) {
  TopicPartition partition{topic(application_id), 0};
  // The end asked read-uncommitted, the reading committed: so that the position passes transactions that were pending.
  CRYPTOSTREAM_TRY_ASSIGN(auto range, broker.offsets(partition, Isolation::read_uncommitted));
  CRYPTOSTREAM_TRY_ASSIGN(auto consumer, broker.consumer(Isolation::read_committed));
  Assignment from{partition, range.begin};
  CRYPTOSTREAM_TRY(consumer->assign({&from, 1}));
  std::map<std::string, std::string> positions;
  auto deadline = system_clock().monotonic() + patience;
  while (consumer->position(0) < range.end) {
    CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer->poll(1'000, poll_wait));
    for (const auto& record : records)
      if (record.key && record.value) positions[std::string(*record.key)] = std::string(*record.value);
    if (!records.empty()) deadline = system_clock().monotonic() + patience;
    if (system_clock().monotonic() > deadline)
      return fail(ErrorKind::unavailable,
                  "topic " + partition.topic + " cannot be read to its end: a transaction in it stays open");
  }
  return positions;
}

Result<void> SourcePositions::write(LogWriter& writer, const std::string& application_id, const std::string& key,
                                    const std::string& position, Timestamp now) {
  TopicPartition partition{topic(application_id), 0};
  OutgoingRecord record;
  record.partition = &partition;
  record.timestamp = now;
  record.key = key;
  record.value = position;
  return writer.send(record);
}

}  // namespace cryptostream
