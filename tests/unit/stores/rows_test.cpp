#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/schema.h>
#include <cryptostream/stores/iso_text.h>
#include <cryptostream/stores/row_buffer.h>
#include <cryptostream/stores/row_plan.h>
#include <cryptostream/stores/table_name.h>

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <stdexcept>

namespace cs = cryptostream;

namespace {

struct Bar {
  std::string symbol;
  std::int64_t start = 0;
  cs::Decimal open;
  std::optional<cs::Decimal> close{};
};
CRYPTOSTREAM_SCHEMA(Bar, (symbol, cs::FieldFlags::key), (start, cs::FieldFlags::key), open, close)

struct BarKey {
  std::int64_t start = 0;
  std::string symbol;
};
CRYPTOSTREAM_SCHEMA(BarKey, start, symbol)

cs::RowPlan plan(cs::WriteMode mode, std::vector<std::string> key, const cs::TypeInfo* record_key) {
  return cs::make_row_plan("table", cs::type_of<Bar>(), record_key, {mode, std::move(key), 63});
}

}  // namespace

TEST_CASE("a plan puts key columns first and remembers the declared order") {
  auto made = plan(cs::WriteMode::upsert, {"start", "symbol"}, nullptr);
  CHECK(made.keys == 2);
  CHECK(cs::key_names(made) == "start, symbol");
  std::vector<std::string> columns, declared;
  for (const auto& column : made.columns) columns.push_back(column.name);
  for (auto index : made.declared) declared.push_back(made.columns[index].name);
  CHECK(columns == std::vector<std::string>{"start", "symbol", "open", "close"});
  CHECK(declared == std::vector<std::string>{"symbol", "start", "open", "close"});
}

TEST_CASE("a plan takes the schema's key fields when none are named and the mode needs some") {
  CHECK(cs::key_names(plan(cs::WriteMode::upsert, {}, nullptr)) == "symbol, start");
  CHECK(plan(cs::WriteMode::insert, {}, nullptr).keys == 0);
}

TEST_CASE("a plan reads values where they are, and nothing from an absent optional") {
  auto made = plan(cs::WriteMode::insert, {}, nullptr);
  Bar bar{"BTC", 7, cs::Decimal(1)};
  CHECK(made.columns[0].read(nullptr, &bar) == &bar.symbol);
  CHECK(made.columns[3].read(nullptr, &bar) == nullptr);
  bar.close = cs::Decimal(2);
  CHECK(made.columns[3].read(nullptr, &bar) == &*bar.close);
}

TEST_CASE("a plan can delete when the record's key holds the key columns with their types") {
  CHECK(plan(cs::WriteMode::upsert, {"symbol", "start"}, &cs::type_of<BarKey>()).delete_keys.size() == 2);
  CHECK(plan(cs::WriteMode::upsert, {"symbol"}, &cs::type_of<std::string>()).delete_keys.size() == 1);
  CHECK(plan(cs::WriteMode::upsert, {"symbol", "start"}, &cs::type_of<std::string>()).delete_keys.empty());
  auto other_type = plan(cs::WriteMode::upsert, {"start"}, &cs::type_of<std::string>());
  CHECK(other_type.delete_keys.empty());
  CHECK(other_type.why_no_deletes.find("another type") != std::string::npos);
}

TEST_CASE("a plan refuses names that are too long or that the record's key cannot give") {
  CHECK_THROWS_AS((void)cs::make_row_plan("t", cs::type_of<Bar>(), nullptr, {cs::WriteMode::insert, {}, 4}),
                  std::invalid_argument);
  CHECK_THROWS_AS(plan(cs::WriteMode::upsert, {"venue"}, nullptr), std::invalid_argument);
  CHECK_THROWS_AS(plan(cs::WriteMode::upsert, {"venue", "symbol"}, &cs::type_of<std::string>()), std::invalid_argument);
  CHECK(plan(cs::WriteMode::upsert, {"venue"}, &cs::type_of<std::string>()).columns[0].from_key);
}

TEST_CASE("the last row of each key is the one a map would keep, in any range") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  cs::RowBuffer rows;
  std::vector<std::string> keys;
  for (int i = 0; i < 500; ++i) {
    keys.push_back("k" + std::to_string(random() % 60));
    rows.begin_row();
    rows.bytes() += keys.back();
    auto key_end = rows.bytes().size();
    rows.bytes() += "|value";
    rows.end_row(key_end, i, random() % 3 == 0);
  }
  for (int round = 0; round < 50; ++round) {
    std::size_t from = random() % 500, to = from + random() % (501 - from);
    std::map<std::string, std::uint32_t> model;
    for (auto i = from; i < to; ++i) model[keys[i]] = static_cast<std::uint32_t>(i);
    auto last = rows.last_of_each_key(from, to);
    CHECK(std::is_sorted(last.begin(), last.end()));
    REQUIRE(last.size() == model.size());
    for (auto index : last) CHECK(model.at(keys[index]) == index);
  }
}

TEST_CASE("a dropped row leaves the buffer as it was") {
  cs::RowBuffer rows;
  rows.begin_row();
  rows.bytes() += "whole";
  rows.end_row(2, 5, false);
  rows.begin_row();
  rows.bytes() += "half";
  rows.drop_row();
  CHECK(rows.bytes() == "whole");
  CHECK(rows.rows().size() == 1);
  CHECK(rows.key(rows.rows()[0]) == "wh");
}

TEST_CASE("table names are split at dots outside quotes and quoted whole") {
  CHECK(cs::parse_table_name("quotes", 63).quoted() == "\"quotes\"");
  CHECK(cs::parse_table_name("app.Quotes", 63).quoted() == "\"app\".\"Quotes\"");
  CHECK(cs::parse_table_name("\"my.schema\".\"a \"\"b\"\"\"", 63).quoted() == "\"my.schema\".\"a \"\"b\"\"\"");
  CHECK(cs::parse_table_name("x\"; DROP TABLE y; --\"", 63).quoted() == "\"x; DROP TABLE y; --\"");
  for (const char* bad : {"", ".", "a.", ".a", "a.b.c", "\"a"})
    CHECK_THROWS_AS((void)cs::parse_table_name(bad, 63), std::invalid_argument);
  CHECK_THROWS_AS((void)cs::parse_table_name(std::string(64, 'x'), 63), std::invalid_argument);
  CHECK(cs::quote_literal("it's") == "'it''s'");
}

TEST_CASE("node names keep what names may hold") {
  CHECK(cs::node_name("sqlite", "Crypto asset.v1/x") == "sqlite-Crypto_asset.v1_x");
}

TEST_CASE("the fast text of a time is the text that Timestamp gives") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  auto first = cs::Timestamp::parse("0001-01-01T00:00:00Z")->ms,
       last = cs::Timestamp::parse("9999-12-31T23:59:59.999Z")->ms;
  std::vector<std::int64_t> times{
      first, last, 0, -1, 1, 951'782'400'000 - 1, 951'782'400'000, -62'135'596'800'000 + 999};
  for (int i = 0; i < 2000; ++i) times.push_back(std::uniform_int_distribution<std::int64_t>(first, last)(random));
  for (auto ms : times) {
    std::string text;
    REQUIRE(cs::append_iso({ms}, text));
    CHECK(text == cs::Timestamp{ms}.to_string());
  }
  std::string none;
  CHECK_FALSE(cs::append_iso({first - 1}, none));
  CHECK_FALSE(cs::append_iso({last + 1}, none));
  CHECK_FALSE(cs::append_iso({INT64_MIN}, none));
  CHECK_FALSE(cs::append_iso({INT64_MAX}, none));
  CHECK(none.empty());
}
