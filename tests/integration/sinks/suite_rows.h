// The rows the suite of sinks writes, and the ways to write them.
#pragma once

#include "target.h"

#include <cryptostream/core/fail_point.h>
#include <cryptostream/data/schema.h>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cs = cryptostream;

enum class Side { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, sell)

struct Row {
  std::string id;
  cs::Decimal price;
  std::optional<std::string> note{};
  std::optional<cs::Decimal> size{};
  std::int64_t count = 0;
  std::int32_t level = 0;
  double ratio = 0;
  bool live = true;
  Side side = Side::sell;
  cs::Timestamp time{1'773'026'880'123};
  std::vector<std::string> tags{};
};
CRYPTOSTREAM_SCHEMA(Row, id, price, note, size, count, level, ratio, live, side, time, tags)

/// What a target refused.
struct Refused final : cs::Rejections {
  std::vector<std::int64_t> offsets;
  std::vector<std::string> reasons;
  bool stop = false;
  cs::Result<void> reject(std::int64_t offset, const cs::Error& why) override {
    offsets.push_back(offset);
    reasons.push_back(why.message());
    CHECK(why.kind() == cs::ErrorKind::bad_record);
    if (stop) return cs::fail(why);
    return {};
  }
};

inline cs::SinkTask suite_task() { return {"app/sink", "rows", 0, "log-a"}; }

using Writer = std::unique_ptr<cs::TableWriter>;

inline Writer open(const cs::TableSink& sink, const cs::SinkTask& task = suite_task()) {
  auto writer = sink.open(task);
  REQUIRE_MESSAGE(writer.has_value(), (writer ? "" : writer.error().message()));
  return std::move(*writer);
}

inline void write(cs::TableWriter& writer, std::int64_t offset, const Row& row, std::optional<std::string> key = {}) {
  auto done = writer.write(key ? &*key : nullptr, &row, offset);
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message()));
}

inline void erase(cs::TableWriter& writer, std::int64_t offset, const std::string& key) {
  auto done = writer.write(&key, nullptr, offset);
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message()));
}

inline void commit(cs::TableWriter& writer, std::int64_t next) {
  Refused refused;
  auto done = writer.commit(next, refused);
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message()));
  CHECK(refused.offsets.empty());
}

/// A sink of Rows with text keys.
inline std::shared_ptr<const cs::TableSink> row_sink(Target& target, const std::string& table,
                                                     cs::WriteMode mode = cs::WriteMode::insert,
                                                     std::vector<std::string> key = {}) {
  return target.sink(table, mode, std::move(key), cs::type_of<Row>(), &cs::type_of<std::string>());
}

using Texts = std::vector<std::vector<std::string>>;
