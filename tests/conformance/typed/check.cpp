#include "check.h"

#include "../hex.h"

#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <vector>

namespace conformance::typed {
namespace {

using namespace cryptostream;
using Json = rapidjson::Value;

rapidjson::Document load(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  rapidjson::Document document;
  document.Parse(text.str().c_str());
  REQUIRE_MESSAGE(!document.HasParseError(), path);
  return document;
}

OptionalBytes input(const Json& step, const char* part) {
  auto as_hex = std::string(part) + "_hex";
  if (step.HasMember(as_hex.c_str())) {
    const auto& value = step[as_hex.c_str()];
    if (value.IsNull()) return std::nullopt;
    return from_hex(value.GetString());
  }
  if (!step.HasMember(part) || step[part].IsNull()) return std::nullopt;
  if (step[part].IsString()) return std::string(step[part].GetString(), step[part].GetStringLength());
  std::string bytes;
  IntegerSerde<std::int64_t>().encode(step[part].GetInt64(), bytes);
  return bytes;
}

// A record as one line: bytes, time, headers.
std::string line(const OptionalBytes& key, const OptionalBytes& value, const std::string& time,
                 const std::string& headers) {
  return (key ? hex(*key) : "null") + " = " + (value ? hex(*value) : "null") + " @ " + time + headers;
}
std::string line(const TestDriver::RawRecord& record, bool timed) {
  std::string headers;
  for (auto header : record.headers.view())
    headers += " " + std::string(header.name) + ":" + std::string(header.value.value_or("null"));
  return line(record.key, record.value, timed ? std::to_string(record.timestamp.ms) : "-", headers);
}
std::string line(const Json& record) {
  auto bytes = [&](const char* part) -> std::string {
    return record[part].IsNull() ? "null" : record[part].GetString();
  };
  std::string headers;
  for (const auto& header : record["headers"].GetArray()) {
    std::string text = header.IsArray() ? std::string(header[0].GetString()) + ":" +
                                              (header[1].IsNull() ? "null" : header[1].GetString())
                                        : "?";
    headers += " " + text;
  }
  return bytes("key_hex") + " = " + bytes("value_hex") + " @ " +
         (record["ts"].IsNull() ? "-" : std::to_string(record["ts"].GetInt64())) + headers;
}

using Lines = std::vector<std::string>;

std::string joined(const Lines& lines) {
  std::string text;
  for (const auto& one : lines) text += "\n  " + one;
  return text;
}

}  // namespace

void check(const std::string& name, const std::function<void(StreamsBuilder&)>& build) {
  auto scenario = load(std::string(CONFORMANCE_FOLDER) + "/scenarios/" + name + ".json");
  auto golden = load(std::string(CONFORMANCE_FOLDER) + "/golden/" + name + ".json");
  auto setting = [&](const char* field) -> const Json* {
    return scenario.HasMember("config") && scenario["config"].HasMember(field) ? &scenario["config"][field] : nullptr;
  };
  StreamsBuilder builder;
  build(builder);
  auto optimized = setting("optimization");
  auto topology = builder.build(optimized && std::string(optimized->GetString()) == "all" ? Optimization::all()
                                                                                          : Optimization::none());
  CHECK(topology.describe() == std::string(golden["describe"].GetString()));

  TestDriver::Options options;
  options.fused = true;
  options.config.application_id = setting("application_id") ? setting("application_id")->GetString() : "app";
  options.config.cache_bytes = setting("cache_bytes") ? setting("cache_bytes")->GetUint64() : 0;
  options.config.store = setting("store") && std::string(setting("store")->GetString()) == "rocksdb"
                             ? StoreBackend::rocksdb
                             : StoreBackend::memory;
  if (setting("on_bad_input") && std::string(setting("on_bad_input")->GetString()) == "continue")
    options.config.errors.decode = ErrorPolicy::skip();
  if (setting("wall_clock_ms")) options.start = {setting("wall_clock_ms")->GetInt64()};
  TestDriver driver(topology, options);

  std::set<std::string> outputs;
  for (const auto& node : topology.nodes())
    if (node.kind == NodeSpec::Kind::sink_topic && !node.internal)
      outputs.insert(node.topics.begin(), node.topics.end());
  std::set<std::string> untimed;
  for (const auto& [store, spec] : topology.stores())
    if (spec.type == StoreSpec::Type::suppression || spec.type == StoreSpec::Type::join_grace)
      untimed.insert(options.config.application_id + "-" + store + "-changelog");

  std::uint64_t dropped = 0;
  const auto& steps = scenario["steps"];
  for (rapidjson::SizeType i = 0; i < golden["steps"].Size(); ++i) {
    const auto& step = steps[i];
    const auto& wanted = golden["steps"][i];
    if (wanted.HasMember("tie")) return;  // what comes first is nobody's promise from here on
    INFO("step " << i);
    if (step.HasMember("advance_wall_clock_ms")) {
      driver.advance(std::chrono::milliseconds(step["advance_wall_clock_ms"].GetInt64()));
    } else {
      Headers headers;
      if (step.HasMember("headers"))
        for (const auto& header : step["headers"].GetArray())
          headers.add(header[0].GetString(),
                      header[1].IsNull() ? OptionalBytesView() : OptionalBytesView(header[1].GetString()));
      driver.pipe_bytes(step["topic"].GetString(), input(step, "key"), input(step, "value"), {step["ts"].GetInt64()},
                        headers);
    }
    Lines got, want;
    std::string piped = step.HasMember("topic") ? step["topic"].GetString() : "";
    for (const auto& topic : outputs) {
      auto records = driver.read_bytes(topic);
      if (topic == piped && !records.empty()) records.erase(records.begin());  // what was piped in itself
      for (const auto& record : records) got.push_back(topic + ": " + line(record, true));
    }
    for (const auto& record : wanted["outputs"].GetArray())
      want.push_back(std::string(record["topic"].GetString()) + ": " + line(record));
    REQUIRE_MESSAGE(got == want, "outputs, JVM:" << joined(want) << "\nours:" << joined(got));
    auto now = driver.metrics().records_dropped + driver.metrics().records_skipped;
    auto drops = wanted.HasMember("dropped") ? wanted["dropped"].GetUint64() : 0;
    REQUIRE_MESSAGE(now - dropped == drops, "dropped: JVM " << drops << ", ours " << now - dropped);
    dropped = now;
    for (const auto& [topic, spec] : driver.internal_topics()) {
      Lines logged, log;
      for (const auto& record : driver.read_bytes(topic)) logged.push_back(line(record, !untimed.contains(topic)));
      if (golden["internal"].HasMember(topic.c_str()))
        for (const auto& record : golden["internal"][topic.c_str()].GetArray())
          if (record["step"].GetInt() == static_cast<int>(i)) log.push_back(line(record));
      if (untimed.contains(topic)) {  // buffers log their keys in the order of a hash set
        std::sort(logged.begin(), logged.end());
        std::sort(log.begin(), log.end());
      }
      REQUIRE_MESSAGE(logged == log, topic << ", JVM:" << joined(log) << "\nours:" << joined(logged));
    }
  }
}

}  // namespace conformance::typed
