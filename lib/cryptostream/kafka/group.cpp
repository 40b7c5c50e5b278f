// Membership: one consumer of the process that subscribes to the control topic, whose partitions are the units.
#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/core/backoff.h>
#include <cryptostream/core/log.h>
#include <cryptostream/kafka/handle.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

namespace cryptostream::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds poll_step{50};

class KafkaGroup final : public Group {
 public:
  KafkaGroup(ClusterPtr cluster, GroupOptions options)
      : cluster_(std::move(cluster)), options_(std::move(options)), control_(control_topic(options_.group)) {}

  ~KafkaGroup() override {
    if (client_ && !left_) finish_join();
  }

  Result<void> open() {
    CRYPTOSTREAM_TRY_ASSIGN(auto conf, make_conf(*cluster_, {{"group.id", options_.group},
                                                             {"group.instance.id", options_.instance},
                                                             {"partition.assignment.strategy", "cooperative-sticky"},
                                                             {"session.timeout.ms", std::to_string(cluster_->options.session_timeout.count())},
                                                             {"heartbeat.interval.ms", std::to_string(std::clamp<std::int64_t>(cluster_->options.session_timeout.count() / 10, 1, 3000))},
                                                             {"enable.auto.commit", "false"},
                                                             {"enable.auto.offset.store", "false"},
                                                             {"isolation.level", "read_committed"}}));
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_rebalance_cb(conf.get(), [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list, void* self) {
      static_cast<KafkaGroup*>(self)->rebalance(code, *list);
    });
    CRYPTOSTREAM_TRY_ASSIGN(auto* client, make_client(*cluster_, RD_KAFKA_CONSUMER, std::move(conf)));
    client_.reset(client);
    rd_kafka_poll_set_consumer(client);
    Partitions topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), control_.c_str(), RD_KAFKA_PARTITION_UA);
    if (auto code = rd_kafka_subscribe(client, topics.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(error_of(*cluster_, code, fmt::format("join group \"{}\"", options_.group)));
    return {};
  }

  Result<GroupEvent> poll(milliseconds timeout) override {
    auto deadline = steady_clock::now() + timeout;
    for (;;) {
      CRYPTOSTREAM_TRY(serve(milliseconds(0)));
      {
        std::lock_guard lock(mutex_);
        if (!events_.empty()) {
          auto event = std::move(events_.front());
          events_.pop_front();
          return event;
        }
      }
      auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
      if (left.count() <= 0) return GroupEvent{};
      CRYPTOSTREAM_TRY(serve(std::min(left, poll_step)));
    }
  }

  Result<void> acknowledge() override {
    lost_ = false;
    CRYPTOSTREAM_TRY(check_member());
    Partitions revoked;
    {
      std::lock_guard lock(mutex_);
      revoked = std::move(revoked_);
    }
    if (revoked) unassign(*revoked);
    return {};
  }

  Result<Offsets> committed(std::span<const TopicPartition> partitions) override {
    Offsets found;
    if (partitions.empty()) return found;
    Backoff backoff({milliseconds(10), milliseconds(500)});
    auto deadline = steady_clock::now() + cluster_->options.request_timeout;
    for (;;) {
      Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
      for (auto& partition : partitions) rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
      auto code = rd_kafka_committed(client_.get(), list.get(), cluster_->timeout_ms());
      for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; ++i) {
        auto& entry = list->elems[i];
        if (entry.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;  // never committed, as it does not exist
        code = entry.err;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR || entry.offset < 0) continue;
        found[{entry.topic, entry.partition}] = {entry.offset, std::string(static_cast<const char*>(entry.metadata), entry.metadata_size)};
      }
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return found;
      found.clear();
      auto error = error_of(*cluster_, code, fmt::format("read the offsets of group \"{}\"", options_.group));
      if (!error.retriable() || steady_clock::now() > deadline) return fail(std::move(error));
      std::this_thread::sleep_for(backoff.next());  // a pending transaction ends soon, or by its timeout
    }
  }

  Result<void> commit(const Offsets& offsets) override {
    CRYPTOSTREAM_TRY(joined());
    if (offsets.empty()) return {};
    auto list = partition_list(offsets);
    Queue queue(rd_kafka_queue_new(client_.get()));
    auto code = rd_kafka_commit_queue(client_.get(), list.get(), queue.get(), nullptr, nullptr);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Event event(rd_kafka_queue_poll(queue.get(), cluster_->timeout_ms()));
      code = event ? rd_kafka_event_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        auto* answers = rd_kafka_event_topic_partition_list(event.get());
        for (int i = 0; answers != nullptr && i < answers->cnt; ++i)
          if (answers->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) code = answers->elems[i].err;
      }
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (kind_of(code) == ErrorKind::fenced) return fail(no_longer_member(options_.group));
    return fail(error_of(*cluster_, code, fmt::format("commit offsets of group \"{}\"", options_.group)));
  }

  Result<void> leave() override {
    if (left_.exchange(true)) return {};
    finish_join();
    std::lock_guard polling(polling_);
    // Leaving by closing alone would keep an instance's place, and a dynamic member's for a while.
    rd_kafka_unsubscribe(client_.get());
    auto deadline = steady_clock::now() + std::chrono::seconds(5);
    while (steady_clock::now() < deadline) {
      Message(rd_kafka_consumer_poll(client_.get(), 20));
      rd_kafka_topic_partition_list_t* left = nullptr;
      if (rd_kafka_assignment(client_.get(), &left) != RD_KAFKA_RESP_ERR_NO_ERROR) break;
      if (Partitions(left)->cnt == 0) break;
    }
    rd_kafka_consumer_close(client_.get());
    return {};
  }

  const std::string& name() const override { return options_.group; }

  Result<Membership> membership() {
    CRYPTOSTREAM_TRY(joined());
    Membership membership;
    membership.metadata.reset(rd_kafka_consumer_group_metadata(client_.get()));
    if (!membership.metadata) return fail(ErrorKind::internal, "a group without metadata");
    membership.control = {control_, 0};
    membership.fingerprint = options_.fingerprint;
    return membership;
  }
  const Cluster& cluster() const { return *cluster_; }

 private:
  Result<void> check_member() const {
    if (left_) return fail(no_longer_member(options_.group));
    if (auto code = rd_kafka_fatal_error(client_.get(), nullptr, 0); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (kind_of(code) == ErrorKind::fenced)
        return fail(ErrorKind::fenced, fmt::format("another process runs as instance \"{}\" of group \"{}\": this one must stop; give each its "
                                                   "own process id",
                                                   options_.instance, options_.group));
      return fail(error_of(*cluster_, code, fmt::format("stay in group \"{}\"", options_.group)));
    }
    return {};
  }

  /// Lets librdkafka tell its news to rebalance().
  Result<void> serve(milliseconds timeout) {
    CRYPTOSTREAM_TRY(check_member());
    std::lock_guard polling(polling_);
    if (left_) return fail(no_longer_member(options_.group));
    Message message(rd_kafka_consumer_poll(client_.get(), static_cast<int>(timeout.count())));
    if (!message || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    auto kind = kind_of(message->err);
    if (kind == ErrorKind::permission)
      return fail(error_of(*cluster_, message->err, fmt::format("be a member of group \"{}\"", options_.group), rd_kafka_message_errstr(message.get())));
    log(LogLevel::debug, "kafka", "group {}: {}", options_.group, rd_kafka_message_errstr(message.get()));
    return {};
  }

  /// Waits until the first assignment: before it there is no generation to commit in.
  Result<void> joined() {
    CRYPTOSTREAM_TRY(check_member());
    auto deadline = steady_clock::now() + cluster_->options.request_timeout;
    while (!joined_ && !lost_) {
      if (steady_clock::now() > deadline)
        return fail(ErrorKind::unavailable, fmt::format("{}: group \"{}\" gave no assignment yet", cluster_->name, options_.group));
      CRYPTOSTREAM_TRY(serve(poll_step));
    }
    // It is a member again by itself, and whoever works on its former units must not commit as the new one.
    if (lost_) return fail(no_longer_member(options_.group));
    return {};
  }

  /// librdkafka before 2.3 aborts the process if a consumer ends between its answer to JoinGroup and its first assignment.
  void finish_join() {
    std::lock_guard polling(polling_);
    auto deadline = steady_clock::now() + std::chrono::seconds(5);
    while (!ever_assigned_ && steady_clock::now() < deadline) {
      auto* id = rd_kafka_memberid(client_.get());
      bool answered = id != nullptr && *id != 0;
      rd_kafka_mem_free(client_.get(), id);
      if (!answered) return;
      Message(rd_kafka_consumer_poll(client_.get(), 20));
    }
  }

  // On the thread that polls (or leaves).
  void rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t& list) {
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      for (int i = 0; i < list.cnt; ++i) list.elems[i].offset = RD_KAFKA_OFFSET_END;
      KafkaError(rd_kafka_incremental_assign(client_.get(), &list));
      if (list.cnt > 0) rd_kafka_pause_partitions(client_.get(), &list);
      tell(GroupEvent::Type::assigned, list);
      joined_ = ever_assigned_ = true;
      return;
    }
    if (left_ || code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
      unassign(list);
      return;
    }
    if (rd_kafka_assignment_lost(client_.get()) != 0) {
      unassign(list);
      std::lock_guard lock(mutex_);
      joined_ = false;
      lost_ = true;
      events_.clear();
      revoked_.reset();
      events_.push_back({GroupEvent::Type::lost, {}});
      return;
    }
    if (!tell(GroupEvent::Type::revoked, list)) {
      unassign(list);
      return;
    }
    std::lock_guard lock(mutex_);
    revoked_.reset(rd_kafka_topic_partition_list_copy(&list));
  }

  bool tell(GroupEvent::Type type, const rd_kafka_topic_partition_list_t& list) {
    GroupEvent event{type, {}};
    for (int i = 0; i < list.cnt; ++i)
      if (list.elems[i].partition < options_.units) event.units.push_back(list.elems[i].partition);
    if (event.units.empty()) return false;
    std::sort(event.units.begin(), event.units.end());
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    return true;
  }

  void unassign(const rd_kafka_topic_partition_list_t& list) {
    KafkaError error(rd_kafka_incremental_unassign(client_.get(), &list));
    if (error) rd_kafka_assign(client_.get(), nullptr);
  }

  ClusterPtr cluster_;
  GroupOptions options_;
  std::string control_;
  MemberClient client_;
  std::mutex polling_;
  std::atomic<bool> left_{false};
  std::atomic<bool> joined_{false};
  std::atomic<bool> lost_{false};  // its former units, until acknowledge()
  std::atomic<bool> ever_assigned_{false};
  std::mutex mutex_;  // guards all below
  std::deque<GroupEvent> events_;
  Partitions revoked_;  // until acknowledge()
};

}  // namespace

Result<std::unique_ptr<Group>> make_group(ClusterPtr cluster, const GroupOptions& options) {
  auto group = std::make_unique<KafkaGroup>(std::move(cluster), options);
  CRYPTOSTREAM_TRY(group->open());
  return group;
}

Result<Membership> membership_of(Group& group, const Cluster& cluster) {
  auto* member = dynamic_cast<KafkaGroup*>(&group);
  if (member == nullptr || &member->cluster() != &cluster)
    return fail(ErrorKind::configuration, fmt::format("group \"{}\" belongs to another log than the producer", group.name()));
  return member->membership();
}

}  // namespace cryptostream::kafka
