// A scenario of several partitions, with commits at stated steps, on the TestDriver.
#include "../run.h"

#include "../compiler.h"

#include <cryptostream/runtime/test_driver.h>

#include <set>

namespace conformance {
namespace {

using namespace cryptostream;

class Run {
 public:
  Run() { result_.SetObject(); }
  rapidjson::Document operator()(const Json& scenario);

 private:
  void start(const Json& scenario);
  Json take(const Json& step);
  void pipe(const Op& op);
  Json collect();
  Json committed();
  Json describe(const std::string& topic, const TestDriver::RawRecord& record);

  Json string(const std::string& text) {
    return Json(text.data(), static_cast<rapidjson::SizeType>(text.size()), memory());
  }
  Json bytes(const std::optional<BytesView>& bytes);
  void add(Json& object, const std::string& name, Json value) { object.AddMember(string(name), value, memory()); }
  void add_error(int step, const std::string& message);
  rapidjson::Document::AllocatorType& memory() { return result_.GetAllocator(); }

  rapidjson::Document result_;
  std::optional<Compiler> compiler_;
  std::optional<TestDriver> driver_;
  std::string application_;
  std::map<std::string, bool> topics_;  // that the topology writes; true: its records carry times
  std::map<std::string, std::int32_t> partitions_;
  std::optional<std::pair<std::string, std::int32_t>> piped_;  // what this step wrote itself
  std::uint64_t dropped_ = 0;
};

rapidjson::Document Run::operator()(const Json& scenario) {
  add(result_, "name", string(Op(scenario).text_or("name", "")));
  Json steps(rapidjson::kArrayType);
  int number = -1;
  try {
    start(scenario);
    for (const auto& step : scenario["steps"].GetArray()) {
      ++number;
      steps.PushBack(take(step), memory());
    }
  } catch (const std::exception& error) {
    add_error(number, error.what());
  }
  add(result_, "steps", std::move(steps));
  return std::move(result_);
}

void Run::start(const Json& scenario) {
  static const Json none(rapidjson::kObjectType);
  Op config(scenario.HasMember("config") ? scenario["config"] : none);
  compiler_.emplace(scenario["topology"]);
  bool optimized = config.text_or("optimization", "none") == "all";
  auto topology = compiler_->build(optimized ? Optimization::all() : Optimization::none());
  add(result_, "describe", string(topology.describe()));

  if (config.has("partitions"))
    for (const auto& topic : config.json()["partitions"].GetObject())
      partitions_[topic.name.GetString()] = topic.value.GetInt();
  TestDriver::Options options;
  options.commits = TestDriver::Options::Commits::when_told;
  options.partitions = partitions_;
  options.config.application_id = application_ = config.text_or("application_id", "app");
  options.config.cache_bytes = config.has("cache_bytes") ? static_cast<std::size_t>(config.number("cache_bytes")) : 0;
  options.config.store =
      config.text_or("store", "in_memory") == "rocksdb" ? StoreBackend::rocksdb : StoreBackend::memory;
  if (config.text_or("on_bad_input", "fail") == "continue") options.config.errors.decode = ErrorPolicy::skip();
  if (config.has("wall_clock_ms")) options.start = {config.number("wall_clock_ms")};
  driver_.emplace(topology, std::move(options));

  Json internal(rapidjson::kObjectType);
  for (const auto& [name, spec] : driver_->internal_topics()) {
    add(internal, name, Json(spec.partitions));
    topics_[name] = true;
  }
  add(result_, "internal_topics", std::move(internal));
  for (const auto& [name, types] : compiler_->outputs()) topics_[name] = true;
  for (const auto& [name, spec] : topology.stores())
    if (spec.type == StoreSpec::Type::suppression || spec.type == StoreSpec::Type::join_grace)
      topics_[application_ + "-" + name + "-changelog"] = false;
}

Json Run::take(const Json& step) {
  Op op(step);
  Json told(rapidjson::kObjectType);
  piped_.reset();
  if (op.boolean_or("commit", false)) {
    driver_->commit();
    add(told, "committed", committed());
  } else if (op.boolean_or("restart", false)) {
    driver_->commit();
    driver_->stop_and_start();
  } else if (op.has("advance_wall_clock_ms")) {
    driver_->advance(op.millis("advance_wall_clock_ms"));
  } else {
    pipe(op);
  }
  add(told, "records", collect());
  const auto& metrics = driver_->metrics();
  auto dropped = metrics.records_dropped + metrics.records_skipped;
  if (dropped != dropped_) add(told, "dropped", Json(dropped - dropped_));
  dropped_ = dropped;
  return told;
}

void Run::pipe(const Op& op) {
  auto topic = op.text("topic");
  const auto& types = compiler_->inputs().at(topic);
  auto encoded = [&](const char* field, const Type& type) -> OptionalBytes {
    auto found = op.json().FindMember(field);
    if (found == op.json().MemberEnd() || found->value.IsNull()) return std::nullopt;
    std::string into;
    type->serde().encode(found->value.IsInt64() ? data(found->value.GetInt64()) : data(op.text(field)), into);
    return into;
  };
  Headers headers;
  if (op.has("headers"))
    for (const auto& header : op.json()["headers"].GetArray()) {
      OptionalBytesView value;
      if (header[1].IsString()) value = BytesView(header[1].GetString(), header[1].GetStringLength());
      headers.add(header[0].GetString(), value);
    }
  auto partition = op.has("partition") ? static_cast<std::int32_t>(op.number("partition")) : -1;
  piped_.emplace(topic, partition);
  driver_->pipe_bytes(topic, encoded("key", types.key), encoded("value", types.value), {op.number("ts")}, headers,
                      partition);
}

// Each byte as the character of its number.
Json Run::bytes(const std::optional<BytesView>& bytes) {
  if (!bytes) return {};
  std::string text;
  for (unsigned char byte : *bytes) {
    if (byte < 0x80) {
      text += static_cast<char>(byte);
    } else {
      text += static_cast<char>(0xc0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return string(text);
}

Json Run::collect() {
  Json records(rapidjson::kArrayType);
  for (const auto& [topic, timed] : topics_) {
    bool own = piped_ && piped_->first == topic;
    for (const auto& record : driver_->read_bytes(topic)) {
      // The first in its partition is what was piped. A step pipes one record, and tells its partition if there are
      // several.
      if (own && (piped_->second < 0 || piped_->second == record.partition)) {
        own = false;
        continue;
      }
      records.PushBack(describe(topic, record), memory());
    }
  }
  return records;
}

Json Run::describe(const std::string& topic, const TestDriver::RawRecord& record) {
  Json told(rapidjson::kObjectType);
  add(told, "topic", string(topic));
  add(told, "partition", Json(record.partition));
  add(told, "key", bytes(record.key));
  add(told, "value", bytes(record.value));
  add(told, "ts", topics_.at(topic) ? Json(record.timestamp.ms) : Json());
  Json headers(rapidjson::kArrayType);
  for (auto header : record.headers.view()) {
    Json pair(rapidjson::kArrayType);
    pair.PushBack(string(std::string(header.name)), memory());
    pair.PushBack(bytes(header.value), memory());
    headers.PushBack(pair, memory());
  }
  if (!headers.Empty()) add(told, "headers", std::move(headers));
  return told;
}

Json Run::committed() {
  Json all(rapidjson::kObjectType);
  auto offsets = driver_->broker().group_offsets(application_);
  if (!offsets) throw std::runtime_error(offsets.error().message());
  for (const auto& [partition, next] : *offsets) {
    Json pair(rapidjson::kArrayType);
    pair.PushBack(Json(next.offset), memory());
    pair.PushBack(string(next.metadata), memory());
    add(all, partition.topic + "/" + std::to_string(partition.partition), std::move(pair));
  }
  return all;
}

void Run::add_error(int step, const std::string& message) {
  Json error(rapidjson::kObjectType);
  add(error, "step", Json(step));
  add(error, "message", string(message));
  add(result_, "error", std::move(error));
}

}  // namespace

rapidjson::Document run(const Json& scenario, bool) { return Run()(scenario); }

}  // namespace conformance
