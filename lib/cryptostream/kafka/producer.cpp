// Writes records: idempotent always, in transactions with an id.
#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/kafka/handle.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>

namespace cryptostream::kafka {
namespace {

using std::chrono::steady_clock;

class KafkaProducer final : public Producer {
 public:
  KafkaProducer(ClusterPtr cluster, ProducerOptions options) : cluster_(std::move(cluster)), options_(std::move(options)) {}

  ~KafkaProducer() override {
    if (!client_) return;
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    topics_.clear();
  }

  Result<void> open() {
    auto kilobytes = std::clamp<std::size_t>(options_.buffer_bytes / 1024, 1, 2'147'483'647);
    CRYPTOSTREAM_TRY_ASSIGN(auto conf, make_conf(*cluster_, {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"linger.ms", "5"},
        {"delivery.report.only.error", "true"},
        {"queue.buffering.max.kbytes", std::to_string(kilobytes)},
        {"queue.buffering.max.messages", "10000000"},  // the bound is in bytes
        {"message.max.bytes", std::to_string(std::clamp<std::size_t>(cluster_->options.max_record_bytes + 4096, 1000, 1'000'000'000))}}));
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
      static_cast<KafkaProducer*>(self)->delivered(*message);
    });
    if (transactional()) {
      std::array<char, 256> text{};
      auto timeout = std::to_string(cluster_->options.transaction_timeout.count());
      if (rd_kafka_conf_set(conf.get(), "transactional.id", options_.transactional_id.c_str(), text.data(), text.size()) != RD_KAFKA_CONF_OK ||
          rd_kafka_conf_set(conf.get(), "transaction.timeout.ms", timeout.c_str(), text.data(), text.size()) != RD_KAFKA_CONF_OK)
        return fail(ErrorKind::configuration, text.data());
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto* client, make_client(*cluster_, RD_KAFKA_PRODUCER, std::move(conf)));
    client_.reset(client);
    if (!transactional()) return {};
    return check(rd_kafka_init_transactions(client, cluster_->timeout_ms()), "take over the transactional id");
  }

  Result<void> send(const OutgoingRecord& record) override {
    if (transactional() && !inside_) return fail(wrong_transaction_state("send()", false));
    if (broken_) return fail(*broken_);
    if (auto bytes = record_bytes(record); bytes > cluster_->options.max_record_bytes)
      return fail(record_too_large(*record.partition, bytes, cluster_->options.max_record_bytes));
    CRYPTOSTREAM_TRY_ASSIGN(auto* topic, find(*record.partition));
    rd_kafka_headers_t* headers = nullptr;
    if (!record.headers.empty()) {
      headers = rd_kafka_headers_new(8);
      for (auto header : record.headers)
        rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()),
                            header.value ? data(*header.value) : nullptr,
                            header.value ? static_cast<ssize_t>(header.value->size()) : 0);
    }
    auto deadline = steady_clock::now() + cluster_->options.request_timeout;
    for (;;) {
      KafkaError error(produce(*topic, record, headers));
      if ((++sent_ & 63) == 0) rd_kafka_poll(client_.get(), 0);
      if (!error) return {};
      auto code = rd_kafka_error_code(error.get());
      if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && steady_clock::now() < deadline && !broken_) {
        rd_kafka_poll(client_.get(), 20);
        continue;
      }
      if (headers != nullptr) rd_kafka_headers_destroy(headers);
      return sort(std::move(error), fmt::format("write to topic \"{}\"", record.partition->topic));
    }
  }

  Result<void> flush(std::chrono::milliseconds timeout) override {
    if (fenced_) return fail(producer_fenced(options_.transactional_id));
    auto code = rd_kafka_flush(client_.get(), static_cast<int>(timeout.count()));
    rd_kafka_poll(client_.get(), 0);
    if (broken_) return fail(*broken_);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(error_of(*cluster_, code, "write", fmt::format("{} records are not acknowledged yet", rd_kafka_outq_len(client_.get()))));
    return {};
  }

  Result<void> begin() override {
    CRYPTOSTREAM_TRY(usable());
    if (inside_) return fail(wrong_transaction_state("begin()", true));
    CRYPTOSTREAM_TRY(check(rd_kafka_begin_transaction(client_.get()), "begin a transaction"));
    inside_ = true;
    broken_.reset();
    began_ = steady_clock::now();
    return {};
  }

  Result<void> send_offsets(Group& group, const Offsets& offsets) override {
    CRYPTOSTREAM_TRY(usable());
    if (!inside_) return fail(wrong_transaction_state("send_offsets()", false));
    CRYPTOSTREAM_TRY_ASSIGN(auto membership, membership_of(group, *cluster_));
    auto all = offsets;
    all[membership.control] = {0, membership.fingerprint};
    auto list = partition_list(all);
    return check(rd_kafka_send_offsets_to_transaction(client_.get(), list.get(), membership.metadata.get(), cluster_->timeout_ms()),
                 fmt::format("commit offsets of group \"{}\"", group.name()));
  }

  Result<CommitOutcome> commit() override {
    CRYPTOSTREAM_TRY(usable());
    if (!inside_) return fail(wrong_transaction_state("commit()", false));
    KafkaError error(rd_kafka_commit_transaction(client_.get(), cluster_->timeout_ms()));
    if (error && rd_kafka_error_is_retriable(error.get()) != 0) return CommitOutcome::unknown;
    CRYPTOSTREAM_TRY(check(error.release(), "commit a transaction"));
    inside_ = false;
    return CommitOutcome::committed;
  }

  Result<void> abort() override {
    CRYPTOSTREAM_TRY(usable());
    if (!inside_) return fail(wrong_transaction_state("abort()", false));
    KafkaError error(rd_kafka_abort_transaction(client_.get(), cluster_->timeout_ms()));
    if (error && rd_kafka_error_is_retriable(error.get()) != 0)
      return fail(error_of(*cluster_, rd_kafka_error_code(error.get()), "abort a transaction"));
    inside_ = false;
    broken_.reset();
    return check(error.release(), "abort a transaction");
  }

 private:
  struct Topic {
    TopicHandle handle;
    std::int32_t partitions = 0;
  };

  bool transactional() const { return !options_.transactional_id.empty(); }

  Result<void> usable() const {
    if (!transactional()) return fail(ErrorKind::internal, "a producer without transactional id has no transactions");
    if (fenced_) return fail(producer_fenced(options_.transactional_id));
    return {};
  }

  static const void* data(std::string_view bytes) { return bytes.data() == nullptr ? "" : bytes.data(); }

  rd_kafka_error_t* produce(const Topic& topic, const OutgoingRecord& record, rd_kafka_headers_t* headers) {
    std::array<rd_kafka_vu_t, 7> parts{};
    std::size_t count = 0;
    parts[count].vtype = RD_KAFKA_VTYPE_RKT;
    parts[count++].u.rkt = topic.handle.get();
    parts[count].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[count++].u.i32 = record.partition->partition;
    parts[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[count++].u.i = RD_KAFKA_MSG_F_COPY;
    parts[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    parts[count++].u.i64 = record.timestamp.ms == 0 ? 1 : record.timestamp.ms;  // librdkafka takes 0 for "now"
    if (record.value) {
      parts[count].vtype = RD_KAFKA_VTYPE_VALUE;
      parts[count++].u.mem = {const_cast<void*>(data(*record.value)), record.value->size()};
    }
    if (record.key) {
      parts[count].vtype = RD_KAFKA_VTYPE_KEY;
      parts[count++].u.mem = {const_cast<void*>(data(*record.key)), record.key->size()};
    }
    if (headers != nullptr) {
      parts[count].vtype = RD_KAFKA_VTYPE_HEADERS;
      parts[count++].u.headers = headers;
    }
    return rd_kafka_produceva(client_.get(), parts.data(), count);
  }

  /// Asks for the topic before the first record to it: producing to a topic not known yet would wait a second.
  Result<const Topic*> find(const TopicPartition& partition) {
    auto found = topics_.find(partition.topic);
    if (found != topics_.end() && partition.partition >= 0 && partition.partition < found->second.partitions) return &found->second;
    CRYPTOSTREAM_TRY(check_partition(*cluster_, client_.get(), partition));
    CRYPTOSTREAM_TRY_ASSIGN(auto count, partition_count(*cluster_, client_.get(), partition.topic));
    auto& topic = topics_[partition.topic];
    if (!topic.handle) topic.handle.reset(rd_kafka_topic_new(client_.get(), partition.topic.c_str(), nullptr));
    if (!topic.handle) return fail(error_of(*cluster_, rd_kafka_last_error(), fmt::format("use topic \"{}\"", partition.topic)));
    topic.partitions = count.value_or(0);
    return &topic;
  }

  /// On the thread that polls. What was not delivered is lost to this producer: only from the last commit on can it be written again.
  void delivered(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR || message.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
        message.err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT || broken_)
      return;
    auto error = error_of(*cluster_, message.err, fmt::format("write to topic \"{}\" partition {}", rd_kafka_topic_name(message.rkt),
                                                              message.partition));
    broken_ = error.retriable() || error.kind() == ErrorKind::failure ? Error(ErrorKind::aborted, error.message()) : error;
  }

  Result<void> check(rd_kafka_error_t* answer, std::string_view doing) {
    KafkaError error(answer);
    if (!error) return {};
    return sort(std::move(error), doing);
  }

  tl::unexpected<Error> sort(KafkaError error, std::string_view doing) {
    auto code = rd_kafka_error_code(error.get());
    auto sorted = error_of(*cluster_, code, doing, rd_kafka_error_string(error.get()));
    rd_kafka_poll(client_.get(), 0);
    bool fatal = rd_kafka_error_is_fatal(error.get()) != 0;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
      std::array<char, 256> text{};
      auto cause = rd_kafka_fatal_error(client_.get(), text.data(), text.size());
      if (cause != RD_KAFKA_RESP_ERR_NO_ERROR) sorted = error_of(*cluster_, code = cause, doing, text.data());
    }
    bool epoch = code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
    if (epoch && transactional()) {
      // The cluster also takes the epoch of a transaction that was open for too long; then nobody else is there, and a new producer goes on.
      if (inside_ && steady_clock::now() - began_ >= cluster_->options.transaction_timeout)
        return fail(ErrorKind::aborted, fmt::format("the transaction of \"{}\" was open for more than {} ms and has been aborted",
                                                    options_.transactional_id, cluster_->options.transaction_timeout.count()));
      fenced_ = true;
      return fail(producer_fenced(options_.transactional_id));
    }
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID || code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || fatal ||
        rd_kafka_error_txn_requires_abort(error.get()) != 0) {
      // What abort() cannot repair is worth its own kind; everything else begins again at the last commit.
      if (broken_ && broken_->kind() != ErrorKind::aborted) return fail(*broken_);
      if (sorted.kind() == ErrorKind::permission || sorted.kind() == ErrorKind::configuration || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
        return fail(std::move(sorted));
      return fail(ErrorKind::aborted, sorted.message());
    }
    if (rd_kafka_error_is_retriable(error.get()) != 0 && !sorted.retriable()) return fail(ErrorKind::unavailable, sorted.message());
    return fail(std::move(sorted));
  }

  ClusterPtr cluster_;
  ProducerOptions options_;
  Client client_;
  std::unordered_map<std::string, Topic> topics_;
  std::optional<Error> broken_;  // until the transaction's end; without transactions for good
  bool fenced_ = false;
  bool inside_ = false;
  steady_clock::time_point began_;
  std::size_t sent_ = 0;
};

}  // namespace

Result<std::unique_ptr<Producer>> make_producer(ClusterPtr cluster, const ProducerOptions& options) {
  auto producer = std::make_unique<KafkaProducer>(std::move(cluster), options);
  CRYPTOSTREAM_TRY(producer->open());
  return producer;
}

}  // namespace cryptostream::kafka
