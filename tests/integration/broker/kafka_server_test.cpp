// The Kafka that other tests build on: it answers, and a killed broker comes back with what it acknowledged.
#include <doctest/doctest.h>
#include <kafka_server.h>
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace {

using Handle = std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)>;

Handle handle(rd_kafka_type_t type, const std::string& brokers) {
  char error[256];
  auto* conf = rd_kafka_conf_new();
  for (auto [name, value] :
       {std::pair{"bootstrap.servers", brokers.c_str()}, {"group.id", "test"}, {"reconnect.backoff.max.ms", "200"}})
    REQUIRE(rd_kafka_conf_set(conf, name, value, error, sizeof error) == RD_KAFKA_CONF_OK);
  rd_kafka_conf_set_log_cb(conf, nullptr);  // brokers that are away are the point
  return {rd_kafka_new(type, conf, error, sizeof error), rd_kafka_destroy};
}

void make_topic(rd_kafka_t* client, const char* name) {
  char error[256];
  auto* topic = rd_kafka_NewTopic_new(name, 1, 1, error, sizeof error);
  auto* queue = rd_kafka_queue_new(client);
  rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue);
  auto* event = rd_kafka_queue_poll(queue, 30000);
  std::size_t count = 0;
  REQUIRE(event != nullptr);
  auto* const* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  REQUIRE(count == 1);
  CHECK(rd_kafka_topic_result_error(results[0]) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(topic);
}

/// flush says when all are acknowledged.
void produce(rd_kafka_t* client, const char* topic, const std::vector<std::string>& values) {
  for (const auto& value : values)
    REQUIRE(rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
  REQUIRE(rd_kafka_flush(client, 30000) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

std::vector<std::string> read(const std::string& brokers, const char* topic, std::size_t count) {
  auto consumer = handle(RD_KAFKA_CONSUMER, brokers);
  auto* from = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(from, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_poll_set_consumer(consumer.get());
  REQUIRE(rd_kafka_assign(consumer.get(), from) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_topic_partition_list_destroy(from);
  std::vector<std::string> values;
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (values.size() < count && std::chrono::steady_clock::now() < deadline) {
    auto* message = rd_kafka_consumer_poll(consumer.get(), 500);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      values.emplace_back(static_cast<const char*>(message->payload), message->len);
    rd_kafka_message_destroy(message);
  }
  return values;
}

rd_kafka_resp_err_t ask(rd_kafka_t* client, int milliseconds) {
  const struct rd_kafka_metadata* metadata = nullptr;
  auto error = rd_kafka_metadata(client, 0, nullptr, &metadata, milliseconds);
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  return error;
}

}  // namespace

TEST_CASE("a broker keeps what it acknowledged when it is killed and when it is stopped") {
  testing_servers::KafkaServer server;
  CHECK(server.address(1) == server.address());
  CHECK_THROWS_AS(server.address(2), std::out_of_range);
  auto producer = handle(RD_KAFKA_PRODUCER, server.address());
  make_topic(producer.get(), "quotes");
  produce(producer.get(), "quotes", {"1", "2"});

  server.kill();
  CHECK(ask(producer.get(), 300) != RD_KAFKA_RESP_ERR_NO_ERROR);
  CHECK_THROWS_AS(server.kill(), std::runtime_error);
  server.start();
  CHECK(read(server.address(), "quotes", 2) == std::vector<std::string>{"1", "2"});

  produce(producer.get(), "quotes", {"3"});
  server.stop();
  server.start();
  CHECK(read(server.address(), "quotes", 3) == std::vector<std::string>{"1", "2", "3"});

  server.pause();
  CHECK(ask(producer.get(), 300) != RD_KAFKA_RESP_ERR_NO_ERROR);
  server.resume();
  CHECK(ask(producer.get(), 30000) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

TEST_CASE("a server that does not start is an error that says why") {
  std::string message;
  try {
    testing_servers::KafkaServer server(1, {"num.partitions=none"});
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  CHECK(message.find("num.partitions") != std::string::npos);
}
