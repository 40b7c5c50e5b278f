#include <cryptostream/kafka/kafka.h>

#include <cryptostream/kafka/admin.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>

namespace cryptostream {
namespace {

using namespace kafka;

/// Makes its clients of questions when they are first needed.
class KafkaBroker final : public Broker {
 public:
  explicit KafkaBroker(ClusterPtr cluster) : cluster_(std::move(cluster)) {}

  std::string description() const override { return cluster_->name; }
  std::chrono::milliseconds default_commit_interval() const override { return std::chrono::milliseconds(100); }

  Result<std::string> log_id() override {
    return ask([](Admin& admin) { return admin.cluster_id(); });
  }
  Result<std::vector<TopicInfo>> topics() override {
    return ask([](Admin& admin) { return admin.topics(); });
  }
  Result<std::optional<TopicInfo>> topic(const std::string& name) override {
    return ask([&](Admin& admin) { return admin.topic(name); });
  }
  Result<void> create_topic(const TopicSpec& spec) override {
    return ask([&](Admin& admin) { return admin.create(spec); });
  }
  Result<void> delete_topic(const std::string& name) override {
    return ask([&](Admin& admin) { return admin.remove(name); });
  }
  Result<std::vector<std::string>> groups() override {
    return ask([](Admin& admin) { return admin.groups(); });
  }
  Result<std::vector<std::string>> group_members(const std::string& group) override {
    return ask([&](Admin& admin) { return admin.group_members(group); });
  }
  Result<Offsets> group_offsets(const std::string& group) override {
    return ask([&](Admin& admin) { return admin.group_offsets(group); });
  }

  Result<OffsetRange> offsets(const TopicPartition& partition, Isolation isolation) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto* client, reader(isolation));
    CRYPTOSTREAM_TRY(check_partition(*cluster_, client, partition));
    OffsetRange range;
    auto code = rd_kafka_query_watermark_offsets(client, partition.topic.c_str(), partition.partition, &range.begin,
                                                 &range.end, cluster_->timeout_ms());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(error_of(*cluster_, code, offsets_of(partition)));
    return range;
  }

  Result<std::int64_t> offset_at(const TopicPartition& partition, Timestamp time) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto* client, reader(Isolation::read_uncommitted));
    CRYPTOSTREAM_TRY(check_partition(*cluster_, client, partition));
    Partitions list(rd_kafka_topic_partition_list_new(1));
    auto* entry = rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
    entry->offset = std::max<std::int64_t>(time.ms, 0);  // negative numbers are names of offsets there
    auto code = rd_kafka_offsets_for_times(client, list.get(), cluster_->timeout_ms());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = entry->err;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(error_of(*cluster_, code, offsets_of(partition)));
    if (entry->offset >= 0) return entry->offset;
    CRYPTOSTREAM_TRY_ASSIGN(auto range, offsets(partition, Isolation::read_uncommitted));
    return range.end;
  }

  Result<std::unique_ptr<Consumer>> consumer(Isolation isolation) override {
    return make_consumer(cluster_, isolation);
  }
  Result<std::unique_ptr<Producer>> producer(const ProducerOptions& options) override {
    return make_producer(cluster_, options);
  }

  Result<std::unique_ptr<Group>> join(const GroupOptions& options) override {
    if (options.group.empty()) return fail(ErrorKind::configuration, "a group needs a name (application.id)");
    CRYPTOSTREAM_TRY(ask([&](Admin& admin) -> Result<void> {
      TopicSpec spec;
      spec.name = control_topic(options.group);
      CRYPTOSTREAM_TRY_ASSIGN(auto existing, admin.topic(spec.name));
      spec.partitions = std::max(options.units, 1);
      return existing ? admin.grow(spec.name, spec.partitions) : admin.create(spec);
    }));
    return make_group(cluster_, options);
  }

  Result<void> hold(const std::string&, const TopicPartition& partition, std::int64_t) override {
    return ask([&](Admin& admin) { return check_partition(*cluster_, admin.client(), partition); });
  }

 private:
  static std::string offsets_of(const TopicPartition& partition) {
    return fmt::format("ask for offsets of topic \"{}\" partition {}", partition.topic, partition.partition);
  }

  template <class Ask>
  auto ask(Ask question) -> decltype(question(std::declval<Admin&>())) {
    {
      std::lock_guard lock(mutex_);
      if (!admin_) {
        CRYPTOSTREAM_TRY_ASSIGN(admin_, Admin::open(cluster_));
      }
    }
    return question(*admin_);
  }

  /// What the end of a partition is depends on the asker's isolation.
  Result<rd_kafka_t*> reader(Isolation isolation) {
    std::lock_guard lock(mutex_);
    auto& client = isolation == Isolation::read_committed ? committed_ : uncommitted_;
    if (!client) {
      CRYPTOSTREAM_TRY_ASSIGN(
          auto conf,
          make_conf(*cluster_, {{"isolation.level",
                                 isolation == Isolation::read_committed ? "read_committed" : "read_uncommitted"}}));
      CRYPTOSTREAM_TRY_ASSIGN(auto* made, make_client(*cluster_, RD_KAFKA_CONSUMER, std::move(conf)));
      client.reset(made);
    }
    return client.get();
  }

  ClusterPtr cluster_;
  std::mutex mutex_;  // guards all below; the clients themselves are thread-safe
  std::unique_ptr<Admin> admin_;
  Client committed_;
  Client uncommitted_;
};

}  // namespace

std::shared_ptr<Broker> kafka_broker(KafkaOptions options) {
  if (options.brokers.empty()) throw std::invalid_argument("Kafka: no brokers given, write host:port");
  auto cluster = std::make_shared<Cluster>();
  cluster->name = "Kafka " + options.brokers;
  cluster->options = std::move(options);
  if (auto conf = make_conf(*cluster, {}); !conf) throw std::invalid_argument(conf.error().message());
  return std::make_shared<KafkaBroker>(std::move(cluster));
}

}  // namespace cryptostream
