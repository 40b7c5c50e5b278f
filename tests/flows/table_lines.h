// What tests of tables pipe in and read: texts by text keys, and results as "key=value@time".
#pragma once

#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <optional>
#include <string>
#include <vector>

namespace cryptostream {

using MaybeText = std::optional<std::string>;
using TextTopic = KafkaTopic<std::string, MaybeText>;
using Lines = std::vector<std::string>;

inline std::string shown(const MaybeText& text) { return text ? *text : "null"; }

inline Lines lines_of(TestDriver& driver, const TextTopic& topic) {
  Lines lines;
  for (const auto& record : driver.read(topic))
    lines.push_back(record.key + "=" + shown(record.value) + "@" + std::to_string(record.timestamp.ms));
  return lines;
}

/// The values of a topic, in hexadecimal.
inline Lines hex_values(TestDriver& driver, const std::string& topic) {
  Lines lines;
  for (const auto& record : driver.read_bytes(topic)) {
    std::string hex;
    for (unsigned char byte : record.value.value_or("")) {
      hex += "0123456789abcdef"[byte >> 4];
      hex += "0123456789abcdef"[byte & 15];
    }
    lines.push_back(hex);
  }
  return lines;
}

/// A driver that runs a topology as the JVM's TopologyTestDriver does, without a cache: every update is seen.
inline TestDriver fused_driver(Topology topology) {
  TestDriver::Options options;
  options.fused = true;
  options.config.cache_bytes = 0;
  return TestDriver(std::move(topology), options);
}

}  // namespace cryptostream
