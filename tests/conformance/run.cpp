#include "run.h"

#include "compiler.h"
#include "hex.h"

#include <cryptostream/runtime/test_driver.h>
#include <cryptostream/state/open_store.h>

#include <algorithm>
#include <set>

namespace conformance {
namespace {

using namespace cryptostream;
using StoreType = StoreSpec::Type;

constexpr int most_records = 100'000;

class Run {
 public:
  Run() { result_.SetObject(); }
  rapidjson::Document operator()(const Json& scenario, bool restart);

 private:
  void start(const Json& scenario);
  void apply(const Json& step);
  Json collect(int step);
  Json all_stores();
  void expect_restored(const Json& before);
  Json entries_of(const StoreSpec& spec, const TopicTypes& types);
  Json versions_of(const StoreSpec& spec, const TopicTypes& types);
  OptionalBytes input(const Json& step, const char* field, const Type& type) const;
  void add_error(int step, const char* kind, const std::string& message);

  Json string(const std::string& text) {
    return Json(text.data(), static_cast<rapidjson::SizeType>(text.size()), memory());
  }
  Json hex_or_null(const OptionalBytes& bytes) { return bytes ? string(hex(*bytes)) : Json(); }
  Json render(const Data& data);
  Json render(const OptionalBytes& bytes, const Type& type) { return bytes ? render(type->decode(*bytes)) : Json(); }
  void describe(Json& into, const TestDriver::RawRecord& record, bool timed);
  void add(Json& object, const std::string& name, Json value) { object.AddMember(string(name), value, memory()); }
  rapidjson::Document::AllocatorType& memory() { return result_.GetAllocator(); }

  rapidjson::Document result_;
  std::optional<Compiler> compiler_;
  std::optional<Topology> topology_;
  std::optional<TestDriver> driver_;
  std::map<std::string, bool> internal_;  // topics; true: their records carry times
  std::map<std::string, Json> internal_records_;
  std::map<std::string, std::set<std::string>> changelog_keys_;  // by topic
  std::string piped_;
  std::uint64_t dropped_ = 0;
  bool caches_ = false;
  int records_ = 0;
};

rapidjson::Document Run::operator()(const Json& scenario, bool restart) {
  add(result_, "name", string(Op(scenario).text_or("name", "")));
  try {
    start(scenario);
  } catch (const ScenarioError& error) {
    add_error(-1, "scenario", error.what());
    return std::move(result_);
  } catch (const std::exception& error) {
    add_error(-1, "topology", error.what());
    return std::move(result_);
  }
  Json steps(rapidjson::kArrayType);
  int step = 0;
  try {
    if (scenario.HasMember("steps"))
      for (const auto& input : scenario["steps"].GetArray()) {
        apply(input);
        steps.PushBack(collect(step), memory());
        ++step;
      }
    add(result_, "dropped_records", Json(dropped_));
    auto stores = all_stores();
    if (restart) expect_restored(stores);
    add(result_, "stores", std::move(stores));
  } catch (const ScenarioError& error) {
    add_error(step, "scenario", error.what());
  } catch (const std::exception& error) {
    add_error(step, "runtime", error.what());
  }
  add(result_, "steps", std::move(steps));
  Json internal(rapidjson::kObjectType);
  for (auto& [topic, records] : internal_records_) add(internal, topic, std::move(records));
  add(result_, "internal", std::move(internal));
  return std::move(result_);
}

void Run::start(const Json& scenario) {
  static const Json none(rapidjson::kObjectType);
  Op config(scenario.HasMember("config") ? scenario["config"] : none);
  compiler_.emplace(scenario["topology"]);
  auto optimized = config.text_or("optimization", "none");
  topology_ = compiler_->build(optimized == "all" ? Optimization::all() : Optimization::none());
  add(result_, "describe", string(topology_->describe()));

  TestDriver::Options options;
  options.fused = true;
  options.config.application_id = config.text_or("application_id", "app");
  options.config.cache_bytes = config.has("cache_bytes") ? static_cast<std::size_t>(config.number("cache_bytes")) : 0;
  caches_ = options.config.cache_bytes > 0;
  options.config.store =
      config.text_or("store", "in_memory") == "rocksdb" ? StoreBackend::rocksdb : StoreBackend::memory;
  if (config.text_or("on_bad_input", "fail") == "continue") options.config.errors.decode = ErrorPolicy::skip();
  if (config.has("wall_clock_ms")) options.start = {config.number("wall_clock_ms")};
  auto application = options.config.application_id;
  driver_.emplace(*topology_, std::move(options));

  Json topics(rapidjson::kObjectType);
  for (const auto& [name, spec] : driver_->internal_topics()) {
    Json topic(rapidjson::kObjectType);
    add(topic, "kind", string(name.ends_with("-changelog") ? "changelog" : "repartition"));
    for (const auto& [setting, value] : spec.settings) add(topic, setting, string(value));
    for (const auto& made : topology_->internal_topics())
      if (made.partitions && application + "-" + made.name == name)
        add(topic, "partitions", string(std::to_string(*made.partitions)));
    add(topics, name, std::move(topic));
    internal_[name] = true;
  }
  for (const auto& [name, spec] : topology_->stores())
    if (!spec.source_topic.empty()) {
      Json topic(rapidjson::kObjectType);
      add(topic, "kind", string("changelog"));
      for (const auto& [setting, value] : changelog_settings(spec)) add(topic, setting, string(value));
      add(topics, spec.source_topic, std::move(topic));
    }
  for (const auto& [name, spec] : topology_->stores())
    if (spec.type == StoreType::suppression || spec.type == StoreType::join_grace)
      internal_[application + "-" + name + "-changelog"] = false;
  add(result_, "internal_topics", std::move(topics));
}

OptionalBytes Run::input(const Json& step, const char* field, const Type& type) const {
  auto as_hex = std::string(field) + "_hex";
  Op op(step);
  if (op.has(as_hex.c_str())) return from_hex(op.text(as_hex.c_str()));
  if (!op.has(field) || step[field].IsNull()) return std::nullopt;
  bool number = type->kind() == DataType::Kind::number;
  if (number != step[field].IsInt64() || (!number && !step[field].IsString()))
    throw ScenarioError(std::string(field) + " is of another type than its topic's");
  std::string bytes;
  type->serde().encode(number ? data(step[field].GetInt64()) : data(op.text(field)), bytes);
  return bytes;
}

void Run::apply(const Json& step) {
  Op op(step);
  piped_ = op.text_or("topic", "");
  if (op.has("advance_wall_clock_ms")) {
    driver_->advance(op.millis("advance_wall_clock_ms"));
    return;
  }
  auto topic = op.text("topic");
  auto types = compiler_->inputs().find(topic);
  if (types == compiler_->inputs().end()) throw ScenarioError("no source reads topic " + topic);
  Headers headers;
  if (op.has("headers"))
    for (const auto& header : step["headers"].GetArray()) {
      OptionalBytesView value;
      if (header[1].IsString()) value = BytesView(header[1].GetString(), header[1].GetStringLength());
      headers.add(header[0].GetString(), value);
    }
  Timestamp time{op.has("ts") ? op.number("ts") : 0};
  driver_->pipe_bytes(topic, input(step, "key", types->second.key), input(step, "value", types->second.value), time,
                      headers);
}

Json Run::render(const Data& data) {
  if (const auto* text = std::get_if<std::string>(&data.content)) return string(*text);
  if (const auto* number = std::get_if<std::int64_t>(&data.content)) return Json(*number);
  const auto& windowed = std::get<WindowedData>(data.content);
  Json object(rapidjson::kObjectType);
  add(object, "key", render(*windowed.key));
  add(object, "start", Json(windowed.window.start.ms));
  add(object, "end", Json(windowed.window.end.ms));
  return object;
}

void Run::describe(Json& into, const TestDriver::RawRecord& record, bool timed) {
  add(into, "ts", timed ? Json(record.timestamp.ms) : Json());
  Json headers(rapidjson::kArrayType);
  for (auto header : record.headers.view()) {
    Json pair(rapidjson::kArrayType);
    pair.PushBack(string(std::string(header.name)), memory());
    pair.PushBack(header.value ? string(std::string(*header.value)) : Json(), memory());
    headers.PushBack(pair, memory());
  }
  add(into, "headers", std::move(headers));
  add(into, "key_hex", hex_or_null(record.key));
  add(into, "value_hex", hex_or_null(record.value));
}

Json Run::collect(int step) {
  Json outputs(rapidjson::kArrayType);
  auto count = [&] {
    if (++records_ > most_records) throw ScenarioError("more than 100,000 records");
  };
  for (const auto& [topic, types] : compiler_->outputs()) {
    bool first = topic == piped_;  // the first record of a topic that is input, too, is the one that was piped
    for (const auto& record : driver_->read_bytes(topic)) {
      if (std::exchange(first, false)) continue;
      count();
      Json output(rapidjson::kObjectType);
      add(output, "topic", string(topic));
      add(output, "key", render(record.key, types.key));
      add(output, "value", render(record.value, types.value));
      describe(output, record, true);
      outputs.PushBack(output, memory());
    }
  }
  for (const auto& [topic, timed] : internal_)
    for (const auto& record : driver_->read_bytes(topic)) {
      count();
      if (record.key) changelog_keys_[topic].insert(*record.key);
      Json entry(rapidjson::kObjectType);
      add(entry, "step", Json(step));
      describe(entry, record, timed);
      auto& records = internal_records_[topic];
      if (!records.IsArray()) records.SetArray();
      records.PushBack(entry, memory());
    }
  Json object(rapidjson::kObjectType);
  add(object, "outputs", std::move(outputs));
  const auto& metrics = driver_->metrics();
  auto dropped = metrics.records_dropped + metrics.records_skipped;
  if (dropped != dropped_) add(object, "dropped", Json(dropped - dropped_));
  dropped_ = dropped;
  return object;
}

// What is restored from the changelogs must be what was there. Not so windows below a cache, which shows some that have
// expired in the store.
void Run::expect_restored(const Json& before) {
  driver_->restart();
  const auto after = all_stores();
  for (const auto& [name, spec] : topology_->stores()) {
    if (caches_ && spec.type != StoreType::timestamped_key_value && spec.type != StoreType::key_value) continue;
    auto one = before.FindMember(name.c_str()), other = after.FindMember(name.c_str());
    bool there = one != before.MemberEnd(), restored = other != after.MemberEnd();
    if (there == restored && (!there || one->value == other->value)) continue;
    throw std::runtime_error("store " + name +
                             " is not restored as it was: " + (there ? written(one->value) : "empty") + ", then " +
                             (restored ? written(other->value) : "empty"));
  }
}

Json Run::all_stores() {
  auto types = compiler_->stores();
  Json stores(rapidjson::kObjectType);
  for (const auto& [name, spec] : topology_->stores()) {
    auto found = types.find(name);
    const char* type = spec.type == StoreType::key_value || spec.type == StoreType::timestamped_key_value ? "key_value"
                       : spec.type == StoreType::timestamped_window                                       ? "window"
                       : spec.type == StoreType::session                                                  ? "session"
                       : spec.type == StoreType::versioned                                                ? "versioned"
                                                                                                          : nullptr;
    if (!type || found == types.end()) continue;
    auto entries =
        spec.type == StoreType::versioned ? versions_of(spec, found->second) : entries_of(spec, found->second);
    if (entries.Empty()) continue;
    Json store(rapidjson::kObjectType);
    add(store, "type", string(type));
    add(store, "entries", std::move(entries));
    add(stores, name, std::move(store));
  }
  return stores;
}

Json Run::entries_of(const StoreSpec& spec, const TopicTypes& types) {
  struct Entry {
    Data key;
    std::string sorted_by;
    TestDriver::Row row;
  };
  bool windowed = spec.type == StoreType::timestamped_window || spec.type == StoreType::session;
  std::vector<Entry> entries;
  for (auto& row : driver_->rows(spec.name)) {
    if (spec.type == StoreType::timestamped_window) row.end = row.start + spec.window_size;
    auto key = (windowed ? types.key->key() : types.key)->decode(row.key);
    // A table of windows that is kept by key has its windows in the keys.
    const Data* plain = &key;
    if (const auto* within = std::get_if<WindowedData>(&key.content)) {
      row.start = within->window.start;
      row.end = within->window.end;
      plain = within->key.get();
    }
    auto sorted_by = text(*plain);
    if (windowed) key = from_windowed({key, {row.start, row.end}});
    entries.push_back({std::move(key), std::move(sorted_by), std::move(row)});
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.sorted_by, a.row.start, a.row.end) < std::tie(b.sorted_by, b.row.start, b.row.end);
  });
  bool timed = spec.type == StoreType::timestamped_key_value || spec.type == StoreType::timestamped_window;
  Json list(rapidjson::kArrayType);
  for (const auto& entry : entries) {
    Json object(rapidjson::kObjectType);
    add(object, "key", render(entry.key));
    add(object, "value", render(types.value->decode(entry.row.value)));
    if (timed) add(object, "ts", Json(entry.row.timestamp.ms));
    list.PushBack(object, memory());
  }
  return list;
}

// A key whose latest version is its deletion can only be known from the changelog.
Json Run::versions_of(const StoreSpec& spec, const TopicTypes& types) {
  auto& store = dynamic_cast<VersionedStore&>(driver_->store(spec.name));
  Json list(rapidjson::kArrayType);
  for (const auto& [topic, keys] : changelog_keys_) {
    if (!topic.ends_with("-" + spec.name + "-changelog")) continue;
    for (const auto& key : keys) {
      auto cursor = store.versions(key);
      if (!cursor) throw std::runtime_error(cursor.error().message());
      for (;;) {
        auto next = (*cursor)->next();
        if (!next) throw std::runtime_error(next.error().message());
        if (!*next) break;
        const auto& version = **next;
        Json object(rapidjson::kObjectType);
        add(object, "key", render(types.key->decode(key)));
        add(object, "value", render(types.value->decode(version.value)));
        add(object, "ts", Json(version.timestamp.ms));
        add(object, "valid_to", version.end.ms == INT64_MAX ? Json() : Json(version.end.ms));
        list.PushBack(object, memory());
      }
    }
  }
  return list;
}

void Run::add_error(int step, const char* kind, const std::string& message) {
  Json error(rapidjson::kObjectType);
  add(error, "step", Json(step));
  add(error, "kind", string(kind));
  add(error, "message", string(message));
  add(result_, "error", std::move(error));
}

}  // namespace

rapidjson::Document run(const Json& scenario, bool restart) { return Run()(scenario, restart); }

}  // namespace conformance
