// dlq list, show, replay: records that could not be handled, and another try for them.
#include "commands.h"
#include "job.h"
#include "reading.h"

#include <cryptostream/cli/messages.h>

#include <charconv>
#include <cstdio>
#include <functional>

namespace cryptostream::tool {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view suffix = "-dead-letters";
constexpr std::string_view header_prefix = "cryptostream.error.";

std::string text_of(const LogRecord& record, std::string_view name) {
  return std::string(record.headers.last(std::string(header_prefix) + std::string(name)).value_or(""));
}

std::int64_t number_of(const std::string& text) {
  std::int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<std::vector<std::string>> dead_letter_topics(Broker& broker) {
  CRYPTOSTREAM_TRY_ASSIGN(auto topics, broker.topics());
  std::vector<std::string> names;
  for (const auto& topic : topics)
    if (topic.name.ends_with(suffix)) names.push_back(topic.name);
  return names;
}

// The topic that was named, or the only one there is.
Result<std::string> chosen(Broker& broker, const Words& words) {
  if (!words.empty()) {
    CRYPTOSTREAM_TRY_ASSIGN(auto topic, broker.topic(words[0]));
    if (!topic)
      return fail(ErrorKind::configuration,
                  fmt::format("there is no topic `{}`; see `cryptostream dlq list`", words[0]));
    return words[0];
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto names, dead_letter_topics(broker));
  if (names.size() == 1) return names.front();
  if (names.empty()) return fail(ErrorKind::configuration, "there are no dead letters in the " + broker.description());
  return fail(ErrorKind::usage,
              fmt::format("which topic? there are {} with dead letters; see `cryptostream dlq list`", names.size()));
}

// Every record that was there at the start, oldest first; `most` 0: all.
Result<std::int64_t> each(Broker& broker, const std::string& topic, std::int64_t most,
                          const std::function<Result<void>(const LogRecord&)>& act) {
  CRYPTOSTREAM_TRY_ASSIGN(auto info, broker.topic(topic));
  std::int64_t seen = 0;
  for (std::int32_t partition = 0; info && partition < info->partitions; ++partition) {
    TopicPartition at{topic, partition};
    CRYPTOSTREAM_TRY_ASSIGN(auto range, broker.offsets(at, Isolation::read_committed));
    CRYPTOSTREAM_TRY_ASSIGN(auto consumer, broker.consumer(Isolation::read_committed));
    Assignment from{at, range.begin};
    CRYPTOSTREAM_TRY(consumer->assign({&from, 1}));
    while (consumer->position(0) < range.end) {
      CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer->poll(500, 200ms));
      for (const auto& record : records) {
        if (record.offset >= range.end || (most > 0 && seen == most)) return seen;
        CRYPTOSTREAM_TRY(act(record));
        ++seen;
      }
    }
  }
  return seen;
}

}  // namespace

Result<void> dlq_list(const cli::Settings& settings) {
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto topics, dead_letter_topics(*broker));
  for (const auto& topic : topics) {
    CRYPTOSTREAM_TRY_ASSIGN(auto letters, each(*broker, topic, 0, [](const LogRecord&) { return Result<void>(); }));
    fmt::print("{}\t{} dead letter{}\n", topic, letters, letters == 1 ? "" : "s");
  }
  if (topics.empty()) log(LogLevel::info, "log", "no dead letters");
  return {};
}

Result<void> dlq_show(const cli::Settings& settings, const Words& words) {
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto topic, chosen(*broker, words));
  CRYPTOSTREAM_TRY(each(*broker, topic, settings.number("max"), [&](const LogRecord& record) -> Result<void> {
    fmt::print(
        "{{\"offset\":{},\"place\":{},\"reason\":{},\"time\":{},\"topic\":{},\"partition\":{},\"topic_offset\":{},"
        "\"key\":{},\"value\":{}}}\n",
        record.offset, cli::json_text(text_of(record, "place")), cli::json_text(text_of(record, "reason")),
        cli::json_text(text_of(record, "time")), cli::json_text(text_of(record, "topic")),
        number_of(text_of(record, "partition")), number_of(text_of(record, "offset")),
        record.key ? cli::json_text(*record.key) : "null", json_bytes(record.value));
    return {};
  }));
  std::fflush(stdout);
  return {};
}

Result<void> dlq_replay(const cli::Settings& settings, const Words& words) {
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto topic, chosen(*broker, words));
  bool dry = settings.toggle("dry-run");
  CRYPTOSTREAM_TRY_ASSIGN(auto producer, broker->producer({}));
  std::int64_t passed = 0;
  CRYPTOSTREAM_TRY_ASSIGN(
      auto letters, each(*broker, topic, settings.number("max"), [&](const LogRecord& record) -> Result<void> {
        TopicPartition to{text_of(record, "topic"), static_cast<std::int32_t>(number_of(text_of(record, "partition")))};
        CRYPTOSTREAM_TRY_ASSIGN(auto info, broker->topic(to.topic));
        if (!info || to.partition < 0 || to.partition >= info->partitions) {
          log(LogLevel::warning, "dlq",
              "offset {} came from `{}` partition {}, which is no topic of this log: passed over", record.offset,
              to.topic, to.partition);
          ++passed;
          return {};
        }
        if (dry) {
          fmt::print("offset {} -> {} partition {}\n", record.offset, to.topic, to.partition);
          return {};
        }
        Headers headers;
        for (auto header : record.headers)
          if (!header.name.starts_with(header_prefix)) headers.add(header.name, header.value);
        OutgoingRecord again;
        again.partition = &to;
        again.timestamp = record.timestamp;
        again.key = record.key;
        again.value = record.value;
        again.headers = headers;
        return producer->send(again);
      }));
  CRYPTOSTREAM_TRY(producer->flush(30s));
  fmt::print("{} dead letter{} {}\n", letters - passed, letters - passed == 1 ? "" : "s",
             dry ? "would be written again" : "written again");
  return {};
}

}  // namespace cryptostream::tool
