// Reads partitions from a queue each, so that none waits behind another and a batch never waits to be full.
#include <cryptostream/broker/batch_buffer.h>
#include <cryptostream/broker/shares.h>
#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/kafka/handle.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace cryptostream::kafka {
namespace {

/// News from librdkafka's threads for the one that polls.
struct Bell {
  std::mutex mutex;
  std::condition_variable changes;
  bool news = false;
  bool woken = false;

  void ring() {
    std::lock_guard lock(mutex);
    news = true;
    changes.notify_all();
  }
  static void ring(rd_kafka_t*, void* bell) { static_cast<Bell*>(bell)->ring(); }
};

class KafkaConsumer final : public Consumer {
 public:
  KafkaConsumer(ClusterPtr cluster, Isolation isolation) : cluster_(std::move(cluster)), isolation_(isolation) {}
  ~KafkaConsumer() override { close(); }

  Result<void> assign(std::span<const Assignment> assignment) override {
    close();  // how much each queue may hold depends on their number, and is fixed with the client
    auto kilobytes = std::max<std::size_t>(cluster_->options.fetch_memory / 1024 / std::max<std::size_t>(assignment.size(), 1), 16);
    auto fetch = std::clamp<std::size_t>(cluster_->options.fetch_memory / 4, std::size_t{64} << 10, std::size_t{50} << 20);
    CRYPTOSTREAM_TRY_ASSIGN(auto conf, make_conf(*cluster_, {
        {"group.id", "cryptostream-reader"},  // librdkafka asks for one; it is never joined and nothing is committed for it
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
        {"isolation.level", isolation_ == Isolation::read_committed ? "read_committed" : "read_uncommitted"},
        {"queued.max.messages.kbytes", std::to_string(std::min<std::size_t>(kilobytes, 2'097'151))},
        {"queued.min.messages", "1000000"},  // the bound is in bytes; by number it would throttle small records
        {"fetch.max.bytes", std::to_string(std::max(fetch, cluster_->options.max_record_bytes))},
        {"message.max.bytes", std::to_string(std::max<std::size_t>(cluster_->options.max_record_bytes, 1000))},
        {"fetch.message.max.bytes", std::to_string(std::clamp<std::size_t>(kilobytes * 1024 / 4, 16 << 10, 1 << 20))},
        {"fetch.wait.max.ms", "100"},
        {"fetch.error.backoff.ms", "100"}}));
    CRYPTOSTREAM_TRY_ASSIGN(auto* client, make_client(*cluster_, RD_KAFKA_CONSUMER, std::move(conf)));
    client_.reset(client);
    rd_kafka_poll_set_consumer(client);
    for (auto& [partition, offset] : assignment) {
      if (auto checked = check_partition(*cluster_, client, partition); !checked) {
        close();
        return checked;
      }
    }
    for (auto& [partition, offset] : assignment) {
      auto& slot = slots_.emplace_back();
      slot.partition = partition;
      slot.position = offset;
      slot.queue.reset(rd_kafka_queue_get_partition(client, partition.topic.c_str(), partition.partition));
      rd_kafka_queue_forward(slot.queue.get(), nullptr);
      rd_kafka_queue_cb_event_enable(slot.queue.get(), &Bell::ring, &bell_);
    }
    first_ = 0;
    return assign_positions();
  }

  Result<std::span<const LogRecord>> poll(std::size_t most, std::chrono::milliseconds timeout) override {
    auto deadline = std::chrono::steady_clock::now() + timeout;
    batch_.clear();
    bytes_.clear();
    messages_.clear();
    if (client_) Message(rd_kafka_consumer_poll(client_.get(), 0));  // nothing but news of the whole client comes this way
    for (;;) {
      {
        std::lock_guard lock(bell_.mutex);
        bell_.news = false;
      }
      auto read = read_shares(slots_, first_, most, [&] { return batch_.size(); },
                              [&](Slot& slot, auto number, auto share) { return read_slot(slot, number, share); });
      first_ = slots_.empty() ? 0 : (first_ + 1) % slots_.size();
      if (!read && batch_.empty()) return fail(std::move(read).error());  // else it comes with the next poll: it is kept in its slot
      std::unique_lock lock(bell_.mutex);
      if (!batch_.empty() || std::exchange(bell_.woken, false) || timeout.count() <= 0) break;
      if (!bell_.changes.wait_until(lock, deadline, [&] { return bell_.news || bell_.woken; })) break;
    }
    return std::span<const LogRecord>(batch_);
  }

  Result<void> seek(std::uint32_t number, std::int64_t offset) override {
    auto& slot = slots_.at(number);
    slot.position = offset;
    slot.caught_up = false;
    slot.error.reset();
    if (offset < 0) return {};  // told by the next poll
    Partitions list(rd_kafka_topic_partition_list_new(1));
    auto* entry = rd_kafka_topic_partition_list_add(list.get(), slot.partition.topic.c_str(), slot.partition.partition);
    entry->offset = offset;
    KafkaError error(rd_kafka_seek_partitions(client_.get(), list.get(), cluster_->timeout_ms()));
    auto code = error ? rd_kafka_error_code(error.get()) : entry->err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (code == RD_KAFKA_RESP_ERR__STATE || code == RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS) return assign_positions();  // not fetching
    return fail(error_of(*cluster_, code, fmt::format("seek in topic \"{}\" partition {}", slot.partition.topic, slot.partition.partition)));
  }

  std::int64_t position(std::uint32_t slot) const override { return slots_.at(slot).position; }
  bool caught_up(std::uint32_t slot) const override { return slots_.at(slot).caught_up; }

  // A paused slot's queue fills to its bound and stays: going on costs nothing.
  void pause(std::uint32_t slot) override { slots_.at(slot).paused = true; }
  void resume(std::uint32_t slot) override { slots_.at(slot).paused = false; }

  void wake_up() override {
    std::lock_guard lock(bell_.mutex);
    bell_.woken = true;
    bell_.changes.notify_all();
  }

 private:
  struct Slot {
    TopicPartition partition;
    Queue queue;
    std::int64_t position = 0;
    bool paused = false;
    bool caught_up = false;
    std::optional<Error> error;  // until the next seek
  };

  void close() {
    batch_.clear();
    messages_.clear();
    for (auto& slot : slots_) rd_kafka_queue_cb_event_enable(slot.queue.get(), nullptr, nullptr);
    slots_.clear();
    client_.reset();
  }

  Result<void> assign_positions() {
    Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(slots_.size())));
    for (auto& slot : slots_)
      rd_kafka_topic_partition_list_add(list.get(), slot.partition.topic.c_str(), slot.partition.partition)->offset =
          std::max<std::int64_t>(slot.position, 0);
    if (auto code = rd_kafka_assign(client_.get(), list.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(error_of(*cluster_, code, "assign partitions"));
    return {};
  }

  Result<void> read_slot(Slot& slot, std::uint32_t number, std::size_t share) {
    if (slot.error) return fail(*slot.error);
    if (slot.position < 0) return fail(out_of_range(slot));
    share = std::max<std::size_t>(share, 1);
    auto before = batch_.size();
    while (batch_.size() - before < share) {  // events are among the messages
      taken_.resize(share - (batch_.size() - before));
      auto count = rd_kafka_consume_batch_queue(slot.queue.get(), 0, taken_.data(), taken_.size());
      if (count <= 0) return {};
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        Message message(taken_[i]);
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
          event(slot, *message);
          continue;
        }
        slot.position = message->offset + 1;
        slot.caught_up = false;
        batch_.push_back(view(*message, number));
        messages_.push_back(std::move(message));
      }
      if (slot.error && batch_.size() == before) return fail(*slot.error);
    }
    return {};
  }

  void event(Slot& slot, const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      slot.position = std::max(slot.position, message.offset);  // past markers and aborted records
      slot.caught_up = true;
    } else if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      slot.error = out_of_range(slot);
    } else if (message.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || message.err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
               message.err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
      slot.error = topic_replaced(slot.partition.topic);
    } else if (kind_of(message.err) != ErrorKind::unavailable) {  // librdkafka tries on by itself
      slot.error = error_of(*cluster_, message.err,
                            fmt::format("read topic \"{}\" partition {}", slot.partition.topic, slot.partition.partition));
    }
  }

  Error out_of_range(const Slot& slot) {
    OffsetRange range;
    (void)rd_kafka_query_watermark_offsets(client_.get(), slot.partition.topic.c_str(), slot.partition.partition, &range.begin, &range.end,
                                           cluster_->timeout_ms());
    return offset_out_of_range(slot.partition, slot.position, range);
  }

  LogRecord view(const rd_kafka_message_t& message, std::uint32_t number) {
    LogRecord record;
    record.slot = number;
    record.offset = message.offset;
    record.timestamp = {rd_kafka_message_timestamp(&message, nullptr)};
    if (message.key != nullptr) record.key = std::string_view(static_cast<const char*>(message.key), message.key_len);
    if (message.payload != nullptr) record.value = std::string_view(static_cast<const char*>(message.payload), message.len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) record.headers = pack(*headers);
    return record;
  }

  HeadersView pack(const rd_kafka_headers_t& headers) {
    packed_.clear();
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(&headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
      packed_.add(name, value == nullptr ? OptionalBytesView() : OptionalBytesView(std::string_view(static_cast<const char*>(value), size)));
    return HeadersView(bytes_.copy(packed_.view().packed()));
  }

  ClusterPtr cluster_;
  Isolation isolation_;
  Bell bell_;
  Client client_;
  std::vector<Slot> slots_;
  std::size_t first_ = 0;
  std::vector<LogRecord> batch_;
  std::vector<Message> messages_;  // what the views of the batch look at
  std::vector<rd_kafka_message_t*> taken_;
  BatchBuffer bytes_;
  Headers packed_;
};

}  // namespace

Result<std::unique_ptr<Consumer>> make_consumer(ClusterPtr cluster, Isolation isolation) {
  return std::make_unique<KafkaConsumer>(std::move(cluster), isolation);
}

}  // namespace cryptostream::kafka
