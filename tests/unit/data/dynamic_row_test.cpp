#include <cryptostream/data/csv.h>
#include <cryptostream/data/dynamic_row.h>
#include <doctest/doctest.h>

namespace cs = cryptostream;

namespace {

std::string refusal(std::string_view columns) {
  auto made = cs::parse_columns(columns);
  return made ? "" : made.error().message();
}

}  // namespace

TEST_CASE("columns are read from their text") {
  auto schema = cs::parse_columns("symbol:text,price:decimal,n:int64,x:float64,ok:boolean,at:timestamp").value();
  REQUIRE(schema->columns().size() == 6);
  CHECK(schema->columns()[1].name == "price");
  CHECK(schema->columns()[5].kind == cs::Kind::timestamp);
  CHECK(schema->type().fields[1].optional());
  CHECK(schema->type().fields[1].value_type().kind == cs::Kind::decimal);
}

TEST_CASE("wrong columns are refused with what to write") {
  CHECK(refusal("") == "columns: none given; write name:type,…");
  CHECK(refusal("a") == "columns: \"a\" has no type; write name:type");
  CHECK(refusal("a:decimel") ==
        "columns: \"a\" has type \"decimel\"; types are text, decimal, int64, float64, boolean, timestamp");
  CHECK(refusal("a:text,a:text") == "columns: \"a\" twice");
  CHECK(refusal("a:text,") == "columns: nothing after the last comma");
  CHECK(refusal(":text") == "columns: column 1 has no name");
  CHECK(refusal("\xFF:text") == "columns: the name of column 1 is not UTF-8");
  std::string many;
  for (int i = 0; i < 64; ++i) many += (i ? ",c" : "c") + std::to_string(i) + ":text";
  CHECK(refusal(many) == "");
  CHECK(refusal(many + ",last:text") == "columns: 65 given, 64 are the limit");
  CHECK(cs::DynamicSchema::make({{"a", cs::Kind::list}}).error().message() ==
        "columns: \"a\" has a kind that columns cannot have");
}

TEST_CASE("a row goes through JSON and CSV like any object") {
  auto schema = cs::parse_columns("symbol:text,price:decimal,n:int64,x:float64,ok:boolean,at:timestamp").value();
  cs::Serde<cs::DynamicRow> serde = cs::DynamicRowSerde(schema);
  cs::DynamicRow row;
  CHECK(row.size() == 0);
  const std::string json = R"({"symbol":"BTC","price":"1.50","n":3,"x":0.5,"ok":true,"at":1000})";
  REQUIRE(serde.decode(json, row));
  CHECK(row.at<std::string>(0) == "BTC");
  CHECK(row.at<cs::Decimal>(1)->to_string() == "1.50");
  CHECK_THROWS_AS(row.at<double>(0), std::bad_variant_access);
  std::string out;
  serde.encode(row, out);
  CHECK(out == json);
  std::string csv;
  cs::append_csv_row(schema->type(), &row, {}, csv);
  CHECK(csv == "BTC,1.50,3,0.5,true,1970-01-01T00:00:01.000Z\n");

  REQUIRE(serde.decode(R"({"n":4,"price":null})", row));
  CHECK(row.at<std::int64_t>(2) == 4);
  CHECK_FALSE(row.at<std::string>(0).has_value());
  CHECK_FALSE(row.at<cs::Decimal>(1).has_value());
  CHECK(serde.decode(R"({"n":"4"})", row).error().message() == "field n at byte 5: an integer expected, \"4\" found");
}

TEST_CASE("each of 64 columns reaches its own cell") {
  std::vector<cs::DynamicColumn> columns;
  for (int i = 0; i < 64; ++i) columns.push_back({"c" + std::to_string(i), cs::Kind::int64});
  auto schema = cs::DynamicSchema::make(columns).value();
  cs::DynamicRow row(schema);
  for (std::size_t i = 0; i < 64; ++i) row.at<std::int64_t>(i) = static_cast<std::int64_t>(i) * 10;
  for (std::size_t i = 0; i < 64; ++i) {
    const cs::Field& field = schema->type().fields[i];
    CHECK(field.name == columns[i].name);
    CHECK(*static_cast<const std::optional<std::int64_t>*>(field.get(&row)) == static_cast<std::int64_t>(i) * 10);
  }
}

TEST_CASE("a row of other columns is not encoded") {
  cs::DynamicRowSerde serde(cs::parse_columns("a:text").value());
  std::string out;
  CHECK_THROWS_AS(serde.encode(cs::DynamicRow(cs::parse_columns("b:text").value()), out), std::domain_error);
  CHECK_THROWS_AS(serde.encode(cs::DynamicRow(), out), std::domain_error);
}
