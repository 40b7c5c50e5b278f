// Runs a script of text records through a topology and writes down what came out, line by line.
#pragma once

#include <cryptostream/runtime/test_driver.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>

namespace cryptostream::testing {

using MaybeText = KafkaTopic<std::optional<std::string>, std::optional<std::string>>;
using Maybe = std::optional<std::string>;

inline std::string shown(const Maybe& text) { return text.value_or("null"); }
inline Maybe read_maybe(const std::string& text) { return text == "null" ? Maybe() : Maybe(text); }

/// Each line of `script` is "topic key value time -> outputs": pipes the record in and gives the same line with what
/// came out of `out` then, "key=value@time" each, and how many records were dropped, "!n". Lines without "->" are left
/// out.
inline std::string transcript(TestDriver& driver, const std::string& script, const std::string& out = "out") {
  std::string result = "\n";
  std::istringstream lines(script);
  std::string line, topic, key, value, arrow;
  std::uint64_t dropped = driver.metrics().records_dropped;
  while (std::getline(lines, line)) {
    std::int64_t time = 0;
    if (!(std::istringstream(line) >> topic >> key >> value >> time >> arrow)) continue;
    driver.pipe(MaybeText{topic}, read_maybe(key), read_maybe(value), {time});
    result += topic + " " + key + " " + value + " " + std::to_string(time) + " ->";
    for (const auto& record : driver.read(MaybeText{out}))
      result += " " + shown(record.key) + "=" + shown(record.value) + "@" + std::to_string(record.timestamp.ms);
    if (std::uint64_t now = driver.metrics().records_dropped; now != dropped) {
      result += " !" + std::to_string(now - dropped);
      dropped = now;
    }
    result += "\n";
  }
  return result;
}

inline std::string hex(const OptionalBytes& bytes) {
  if (!bytes) return "null";
  std::string text;
  for (unsigned char byte : *bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

/// The records of an internal topic, "key value time" each, in hexadecimal.
inline std::string internal(TestDriver& driver, const std::string& topic) {
  std::string result = "\n";
  for (const auto& record : driver.read_bytes(topic))
    result += hex(record.key) + " " + hex(record.value) + " " + std::to_string(record.timestamp.ms) + "\n";
  return result;
}

/// Options for equality with the JVM's driver: one task, application "app", stores in memory.
inline TestDriver::Options like_the_jvm() {
  TestDriver::Options options;
  options.config.application_id = "app";
  options.config.store = StoreBackend::memory;
  options.config.cache_bytes = 0;
  options.fused = true;
  return options;
}

}  // namespace cryptostream::testing
