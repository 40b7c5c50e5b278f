#include <cryptostream/kafka/admin.h>

#include <cryptostream/broker/topic_rules.h>

#include <algorithm>
#include <array>
#include <thread>

namespace cryptostream::kafka {
namespace {

struct DestroyOptions {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
struct DestroyNewTopic {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
struct DestroyDeleteTopic {
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
};
struct DestroyNewPartitions {
  void operator()(rd_kafka_NewPartitions_t* partitions) const { rd_kafka_NewPartitions_destroy(partitions); }
};
struct DestroyResource {
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
};
struct DestroyListOffsets {
  void operator()(rd_kafka_ListConsumerGroupOffsets_t* request) const {
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
  }
};

constexpr std::chrono::milliseconds look_every{10};

}  // namespace

Result<std::unique_ptr<Admin>> Admin::open(ClusterPtr cluster) {
  std::unique_ptr<Admin> admin(new Admin(std::move(cluster)));
  CRYPTOSTREAM_TRY_ASSIGN(auto conf, make_conf(*admin->cluster_, {}));
  CRYPTOSTREAM_TRY_ASSIGN(auto* client, make_client(*admin->cluster_, RD_KAFKA_PRODUCER, std::move(conf)));
  admin->client_.reset(client);
  return admin;
}

template <class Ask>
Result<Event> Admin::answer(rd_kafka_admin_op_t operation, std::string_view doing, Ask ask) {
  std::unique_ptr<rd_kafka_AdminOptions_t, DestroyOptions> options(rd_kafka_AdminOptions_new(client_.get(), operation));
  std::array<char, 256> text{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), cluster_->timeout_ms(), text.data(), text.size());
  Queue queue(rd_kafka_queue_new(client_.get()));
  ask(options.get(), queue.get());
  Event event(rd_kafka_queue_poll(queue.get(), cluster_->timeout_ms() + 1000));
  if (!event) return fail(error_of(*cluster_, RD_KAFKA_RESP_ERR__TIMED_OUT, doing));
  if (auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(error_of(*cluster_, code, doing, rd_kafka_event_error_string(event.get())));
  return event;
}

Result<std::string> Admin::cluster_id() {
  auto* id = rd_kafka_clusterid(client_.get(), cluster_->timeout_ms());
  if (id == nullptr)
    return fail(ErrorKind::unavailable,
                fmt::format("{} cannot be reached: check the address, and that it runs", cluster_->name));
  std::string text(id);
  rd_kafka_mem_free(client_.get(), id);
  return text;
}

Result<std::vector<TopicInfo>> Admin::topics() {
  const rd_kafka_metadata_t* answer = nullptr;
  if (auto code = rd_kafka_metadata(client_.get(), 1, nullptr, &answer, cluster_->timeout_ms());
      code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(error_of(*cluster_, code, "list topics"));
  Metadata metadata(answer);
  std::vector<TopicInfo> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    std::string name = metadata->topics[i].topic;
    if (!name.starts_with("__") && metadata->topics[i].partition_cnt > 0)
      topics.push_back({name, {}, metadata->topics[i].partition_cnt, false});
  }
  std::sort(topics.begin(), topics.end(), [](auto& a, auto& b) { return a.name < b.name; });
  CRYPTOSTREAM_TRY(read_compaction(topics));
  return topics;
}

Result<std::optional<TopicInfo>> Admin::topic(const std::string& name) {
  CRYPTOSTREAM_TRY_ASSIGN(auto count, partition_count(*cluster_, client_.get(), name));
  if (!count || *count == 0) return std::optional<TopicInfo>();
  std::vector<TopicInfo> one{{name, {}, *count, false}};
  CRYPTOSTREAM_TRY(read_compaction(one));
  return std::optional<TopicInfo>(std::move(one.front()));
}

Result<void> Admin::read_compaction(std::vector<TopicInfo>& topics) {
  if (topics.empty()) return {};
  CRYPTOSTREAM_TRY_ASSIGN(auto id, cluster_id());
  std::vector<std::unique_ptr<rd_kafka_ConfigResource_t, DestroyResource>> owned;
  std::vector<rd_kafka_ConfigResource_t*> resources;
  for (auto& topic : topics) {
    topic.id = id + "/" + topic.name;
    owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
    resources.push_back(owned.back().get());
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto event,
                          answer(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "describe topics", [&](auto* options, auto* queue) {
                            rd_kafka_DescribeConfigs(client_.get(), resources.data(), resources.size(), options, queue);
                          }));
  std::size_t count = 0;
  auto* answers = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    auto topic = std::find_if(topics.begin(), topics.end(),
                              [&](auto& t) { return t.name == rd_kafka_ConfigResource_name(answers[i]); });
    if (topic == topics.end()) continue;
    std::size_t entries = 0;
    auto** settings = rd_kafka_ConfigResource_configs(answers[i], &entries);
    for (std::size_t j = 0; j < entries; ++j)
      if (std::string_view(rd_kafka_ConfigEntry_name(settings[j])) == "cleanup.policy") {
        auto* value = rd_kafka_ConfigEntry_value(settings[j]);
        topic->compacted = value != nullptr && std::string_view(value).find("compact") != std::string_view::npos;
      }
  }
  return {};
}

Result<void> Admin::await_partitions(const std::string& topic, std::int32_t partitions) {
  auto deadline = std::chrono::steady_clock::now() + cluster_->options.request_timeout;
  for (;;) {
    CRYPTOSTREAM_TRY_ASSIGN(auto count, partition_count(*cluster_, client_.get(), topic));
    if (partitions == 0 ? !count : count && *count >= partitions) return {};
    if (std::chrono::steady_clock::now() > deadline)
      return fail(ErrorKind::unavailable,
                  fmt::format("{}: the change of topic \"{}\" does not show yet", cluster_->name, topic));
    std::this_thread::sleep_for(look_every);
  }
}

Result<void> Admin::create(const TopicSpec& spec) {
  CRYPTOSTREAM_TRY(check_topic_spec(spec));
  CRYPTOSTREAM_TRY_ASSIGN(auto existing, topic(spec.name));
  if (existing) return check_existing_topic(spec, *existing);
  auto doing = fmt::format("create topic \"{}\"", spec.name);
  std::array<char, 256> text{};
  std::unique_ptr<rd_kafka_NewTopic_t, DestroyNewTopic> made(rd_kafka_NewTopic_new(
      spec.name.c_str(), spec.partitions, spec.replication > 0 ? spec.replication : -1, text.data(), text.size()));
  if (!made)
    return fail(ErrorKind::configuration, fmt::format("{}: cannot {}: {}", cluster_->name, doing, text.data()));
  rd_kafka_NewTopic_set_config(made.get(), "cleanup.policy", spec.compacted ? "compact" : "delete");
  if (spec.retention_bytes > 0)
    rd_kafka_NewTopic_set_config(made.get(), "retention.bytes", std::to_string(spec.retention_bytes).c_str());
  if (spec.retention.count() > 0)
    rd_kafka_NewTopic_set_config(made.get(), "retention.ms", std::to_string(spec.retention.count()).c_str());
  for (auto& [name, value] : spec.settings) rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str());
  auto* request = made.get();
  CRYPTOSTREAM_TRY_ASSIGN(auto event, answer(RD_KAFKA_ADMIN_OP_CREATETOPICS, doing, [&](auto* options, auto* queue) {
                            rd_kafka_CreateTopics(client_.get(), &request, 1, options, queue);
                          }));
  std::size_t count = 0;
  auto** results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      return fail(error_of(*cluster_, code, doing, rd_kafka_topic_result_error_string(results[i])));
    CRYPTOSTREAM_TRY(await_partitions(spec.name, 1));  // somebody else was faster
    CRYPTOSTREAM_TRY_ASSIGN(auto theirs, topic(spec.name));
    return theirs ? check_existing_topic(spec, *theirs) : Result<void>();
  }
  return await_partitions(spec.name, spec.partitions);
}

Result<void> Admin::grow(const std::string& name, std::int32_t partitions) {
  CRYPTOSTREAM_TRY_ASSIGN(auto now, partition_count(*cluster_, client_.get(), name));
  if (now && *now >= partitions) return {};
  auto doing = fmt::format("give topic \"{}\" {} partitions", name, partitions);
  std::array<char, 256> text{};
  std::unique_ptr<rd_kafka_NewPartitions_t, DestroyNewPartitions> more(
      rd_kafka_NewPartitions_new(name.c_str(), static_cast<std::size_t>(partitions), text.data(), text.size()));
  if (!more)
    return fail(ErrorKind::configuration, fmt::format("{}: cannot {}: {}", cluster_->name, doing, text.data()));
  auto* request = more.get();
  CRYPTOSTREAM_TRY_ASSIGN(auto event,
                          answer(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, doing, [&](auto* options, auto* queue) {
                            rd_kafka_CreatePartitions(client_.get(), &request, 1, options, queue);
                          }));
  std::size_t count = 0;
  auto** results = rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i)
    if (auto code = rd_kafka_topic_result_error(results[i]);
        code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_INVALID_PARTITIONS)
      return fail(error_of(*cluster_, code, doing, rd_kafka_topic_result_error_string(results[i])));
  return await_partitions(name, partitions);
}

Result<void> Admin::remove(const std::string& name) {
  auto doing = fmt::format("delete topic \"{}\"", name);
  CRYPTOSTREAM_TRY_ASSIGN(auto existing, partition_count(*cluster_, client_.get(), name));
  if (!existing) return fail(unknown_topic({name, -1}, std::nullopt, cluster_->name));
  std::unique_ptr<rd_kafka_DeleteTopic_t, DestroyDeleteTopic> topic(rd_kafka_DeleteTopic_new(name.c_str()));
  auto* request = topic.get();
  CRYPTOSTREAM_TRY_ASSIGN(auto event, answer(RD_KAFKA_ADMIN_OP_DELETETOPICS, doing, [&](auto* options, auto* queue) {
                            rd_kafka_DeleteTopics(client_.get(), &request, 1, options, queue);
                          }));
  std::size_t count = 0;
  auto** results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i)
    if (auto code = rd_kafka_topic_result_error(results[i]); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(error_of(*cluster_, code, doing, rd_kafka_topic_result_error_string(results[i])));
  return await_partitions(name, 0);
}

Result<std::vector<std::string>> Admin::groups() {
  CRYPTOSTREAM_TRY_ASSIGN(auto event,
                          answer(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, "list groups", [&](auto* options, auto* queue) {
                            rd_kafka_ListConsumerGroups(client_.get(), options, queue);
                          }));
  std::size_t count = 0;
  auto** listed =
      rd_kafka_ListConsumerGroups_result_valid(rd_kafka_event_ListConsumerGroups_result(event.get()), &count);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(rd_kafka_ConsumerGroupListing_group_id(listed[i]));
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> Admin::group_members(const std::string& group) {
  CRYPTOSTREAM_TRY_ASSIGN(
      auto event, answer(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, "describe group", [&](auto* options, auto* queue) {
        const char* name = group.c_str();
        rd_kafka_DescribeConsumerGroups(client_.get(), &name, 1, options, queue);
      }));
  std::size_t count = 0;
  auto** described =
      rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  std::vector<std::string> members;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t m = 0; m < rd_kafka_ConsumerGroupDescription_member_count(described[i]); ++m)
      members.emplace_back(
          rd_kafka_MemberDescription_client_id(rd_kafka_ConsumerGroupDescription_member(described[i], m)));
  return members;
}

Result<Offsets> Admin::group_offsets(const std::string& group) {
  auto doing = fmt::format("read the offsets of group \"{}\"", group);
  std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, DestroyListOffsets> which(
      rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  auto* request = which.get();
  CRYPTOSTREAM_TRY_ASSIGN(auto event,
                          answer(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, doing, [&](auto* options, auto* queue) {
                            rd_kafka_ListConsumerGroupOffsets(client_.get(), &request, 1, options, queue);
                          }));
  std::size_t count = 0;
  auto** results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &count);
  Offsets offsets;
  for (std::size_t i = 0; i < count; ++i) {
    if (auto* error = rd_kafka_group_result_error(results[i]); error != nullptr)
      return fail(error_of(*cluster_, rd_kafka_error_code(error), doing, rd_kafka_error_string(error)));
    auto* list = rd_kafka_group_result_partitions(results[i]);
    for (int j = 0; list != nullptr && j < list->cnt; ++j) {
      auto& entry = list->elems[j];
      if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR || entry.offset < 0 || entry.topic == control_topic(group)) continue;
      offsets[{entry.topic, entry.partition}] = {
          entry.offset, std::string(static_cast<const char*>(entry.metadata), entry.metadata_size)};
    }
  }
  return offsets;
}

}  // namespace cryptostream::kafka
