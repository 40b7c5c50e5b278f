// Random values and random damage, judged by RapidJSON's document reader, which shares no code path with ours.
#include <cryptostream/data/json.h>
#include <cryptostream/data/schema.h>
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <cmath>
#include <random>

namespace cs = cryptostream;

namespace {

enum class Side { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, sell)

struct Level {
  cs::Decimal price;
  std::optional<cs::Decimal> size;
  bool operator==(const Level&) const = default;
};
CRYPTOSTREAM_SCHEMA(Level, price, size)

struct Row {
  bool live = false;
  std::int32_t small = 0;
  std::int64_t big = 0;
  double ratio = 0;
  std::string text;
  cs::Timestamp time;
  Side side = Side::buy;
  std::optional<std::string> note;
  std::optional<Level> best;
  std::vector<Level> levels;
  std::map<std::string, std::vector<std::string>> names;
  bool operator==(const Row&) const = default;
};
CRYPTOSTREAM_SCHEMA(Row, live, small, big, ratio, text, time, side, note, best, levels, names)

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t end) { return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_); }
  bool coin() { return below(2) == 0; }
  std::int64_t integer() { return static_cast<std::int64_t>(engine_()) >> below(64); }

  std::string text() {
    const std::string_view pieces[] = {
        "a", "BTC", "\"", "\\", "\n", std::string_view("\0", 1), "\x7F", "é", "€", "\xF0\x9F\x98\x80", "{", "/"};
    std::string out;
    for (auto n = below(8); n > 0; --n) out += pieces[below(std::size(pieces))];
    return out;
  }
  cs::Decimal decimal() {
    std::string digits = coin() ? "-" : "";
    for (auto n = 1 + below(19); n > 0; --n) digits += static_cast<char>('0' + below(10));
    if (coin()) {
      digits += '.';
      for (auto n = 1 + below(19); n > 0; --n) digits += static_cast<char>('0' + below(10));
    }
    return cs::Decimal::of(digits);
  }
  double real() {
    while (true) {
      const auto value = std::bit_cast<double>(engine_());
      if (std::isfinite(value)) return value;
    }
  }
  Level level() {
    Level level{decimal(), {}};
    if (coin()) level.size = decimal();
    return level;
  }
  Row row() {
    Row row{.live = coin(),
            .small = static_cast<std::int32_t>(integer()),
            .big = integer(),
            .ratio = real(),
            .text = text(),
            .time = {integer()},
            .side = coin() ? Side::buy : Side::sell};
    if (coin()) row.note = text();
    if (coin()) row.best = level();
    for (auto n = below(4); n > 0; --n) row.levels.push_back(level());
    for (auto n = below(4); n > 0; --n)
      for (auto m = below(3); m > 0; --m) row.names[text()].push_back(text());
    return row;
  }

 private:
  std::mt19937_64 engine_;
};

std::string text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

void check_level(const rapidjson::Value& json, const Level& level) {
  CHECK(text_of(json["price"]) == level.price.to_string());
  CHECK(json.HasMember("size") == level.size.has_value());
  if (level.size) CHECK(text_of(json["size"]) == level.size->to_string());
}

}  // namespace

TEST_CASE("random rows are the JSON that another reader sees, and read back the same") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  Row back;
  for (int round = 0; round < 2000; ++round) {
    const Row row = random.row();
    std::string out;
    cs::encode_json(cs::type_of<Row>(), &row, out);
    CAPTURE(out);
    rapidjson::Document json;
    json.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag>(out.data(), out.size());
    REQUIRE_FALSE(json.HasParseError());
    CHECK(json["live"].GetBool() == row.live);
    CHECK(json["small"].GetInt() == row.small);
    CHECK(json["big"].GetInt64() == row.big);
    CHECK(json["ratio"].GetDouble() == row.ratio);
    CHECK(text_of(json["text"]) == row.text);
    CHECK(json["time"].GetInt64() == row.time.ms);
    CHECK(text_of(json["side"]) == (row.side == Side::buy ? "buy" : "sell"));
    CHECK(json.HasMember("note") == row.note.has_value());
    if (row.note) CHECK(text_of(json["note"]) == *row.note);
    CHECK(json.HasMember("best") == row.best.has_value());
    if (row.best) check_level(json["best"], *row.best);
    REQUIRE(json["levels"].Size() == row.levels.size());
    for (unsigned i = 0; i < row.levels.size(); ++i) check_level(json["levels"][i], row.levels[i]);
    CHECK(json["names"].MemberCount() == row.names.size());

    auto read = cs::decode_json(cs::type_of<Row>(), out, &back);
    REQUIRE_MESSAGE(read, (read ? "" : read.error().message()));
    CHECK(back == row);
    std::string again;
    cs::encode_json(cs::type_of<Row>(), &back, again);
    CHECK(again == out);
  }
}

TEST_CASE("what another reader refuses is refused, however a text was damaged") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const Row row = random.row();
    std::string out;
    cs::encode_json(cs::type_of<Row>(), &row, out);
    for (auto n = 1 + random.below(3); n > 0; --n) {
      const auto at = random.below(out.size());
      switch (random.below(4)) {
        case 0:
          out[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          out.erase(at, 1 + random.below(4));
          break;
        case 2:
          out.insert(at, 1, "\"\\{}[],:0-.eu\0"[random.below(14)]);
          break;
        default:
          out.insert(at, out.substr(random.below(out.size()), random.below(9)));
          break;
      }
      if (out.empty()) break;
    }
    rapidjson::Document json;
    json.Parse<rapidjson::kParseValidateEncodingFlag>(out.data(), out.size());
    Row back;
    auto read = cs::decode_json(cs::type_of<Row>(), out, &back);
    CAPTURE(out);
    if (json.HasParseError()) CHECK_FALSE(read);
    if (!read) {
      ++refused;
      CHECK(read.error().kind() == cs::ErrorKind::bad_record);
      CHECK_FALSE(read.error().message().empty());
    }
  }
  CHECK(refused > 1000);
}
