#include <cryptostream/data/csv.h>
#include <cryptostream/data/schema.h>
#include <doctest/doctest.h>

#include <random>

namespace cs = cryptostream;

namespace {

enum class Side { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, sell)

struct Level {
  cs::Decimal price;
  bool operator==(const Level&) const = default;
};
CRYPTOSTREAM_SCHEMA(Level, price)

struct Row {
  std::string text;
  std::optional<std::string> note;
  cs::Decimal price;
  std::optional<std::int64_t> count;
  double ratio = 0;
  bool live = false;
  Side side = Side::buy;
  cs::Timestamp time;
  std::vector<Level> levels;
  bool operator==(const Row&) const = default;
};
CRYPTOSTREAM_SCHEMA(Row, text, note, price, count, ratio, live, side, time, levels)

struct One {
  std::optional<std::string> text;
  bool operator==(const One&) const = default;
};
CRYPTOSTREAM_SCHEMA(One, text)

Row sample() {
  return {.text = "a",
          .note = "n",
          .price = cs::Decimal::of("1.00000"),
          .count = 7,
          .ratio = 0.1,
          .live = true,
          .side = Side::sell,
          .time = {1700000000123},
          .levels = {{cs::Decimal::of("2.50")}}};
}

std::string line(const Row& row, const cs::CsvFormat& format = {}) {
  std::string out;
  cs::append_csv_row(cs::type_of<Row>(), &row, format, out);
  return out;
}

std::string cell(std::string_view text, const cs::CsvFormat& format = {}) {
  std::string out;
  cs::append_csv_cell(text, format, out);
  return out;
}

// All lines as `[a][b]`, null as `-`, or the error.
std::string read(std::string_view text) {
  cs::CsvReader reader(text);
  std::string out;
  std::vector<std::optional<std::string>> cells;
  while (true) {
    auto more = reader.next(cells);
    if (!more) return more.error().message();
    if (!*more) return out;
    for (const auto& cell : cells) out += cell ? "[" + *cell + "]" : "-";
    out += '|';
  }
}

}  // namespace

TEST_CASE("a CSV row has one cell a field, nested values as JSON") {
  CHECK(line(sample()) == "a,n,1.00000,7,0.1,true,sell,2023-11-14T22:13:20.123Z,\"[{\"\"price\"\":\"\"2.50\"\"}]\"\n");
  std::string header;
  cs::append_csv_header(cs::type_of<Row>(), {}, header);
  CHECK(header == "text,note,price,count,ratio,live,side,time,levels\n");
}

TEST_CASE("a CSV format chooses delimiter, line end and times") {
  Row row = sample();
  row.levels.clear();
  row.text = "a,b;c";
  CHECK(line(row, {.delimiter = ';', .line_end = "\r\n", .times = cs::TimeText::milliseconds}) ==
        "\"a,b;c\";n;1.00000;7;0.1;true;sell;1700000000123;[]\r\n");
}

TEST_CASE("a CSV cell is quoted only where it must be") {
  CHECK(cell("plain text, no") == "\"plain text, no\"");
  CHECK(cell("plain text") == "plain text");
  CHECK(cell("say \"hi\"") == "\"say \"\"hi\"\"\"");
  CHECK(cell("two\nlines") == "\"two\nlines\"");
  CHECK(cell("carriage\r") == "\"carriage\r\"");
  CHECK(cell("Ünï") == "Ünï");
}

TEST_CASE("absent and empty text differ in CSV") {
  Row row = sample();
  row.text = "";
  row.note = std::nullopt;
  row.count = std::nullopt;
  CHECK(line(row).starts_with("\"\",,1.00000,,"));
  row.note = "";
  CHECK(line(row).starts_with("\"\",\"\",1.00000,,"));
}

TEST_CASE("the powerbi profile guards text cells against formulas, and only text cells") {
  const auto format = cs::CsvFormat::powerbi();
  CHECK(cell("=1+1", format) == "'=1+1");
  CHECK(cell("+1", format) == "'+1");
  CHECK(cell("-x,y", format) == "\"'-x,y\"");
  CHECK(cell("@sum", format) == "'@sum");
  CHECK(cell("a=1", format) == "a=1");
  CHECK(cell("=1+1") == "=1+1");
  Row row = sample();
  row.price = cs::Decimal::of("-1.5");
  row.ratio = -2;
  CHECK(line(row, format).find(",-1.5,7,-2,") != std::string::npos);
  CHECK(line(row, format).ends_with("\r\n"));
}

TEST_CASE("a row that cannot be written leaves nothing behind") {
  Row row = sample();
  row.side = static_cast<Side>(9);
  std::string out = "before";
  CHECK_THROWS_AS(cs::append_csv_row(cs::type_of<Row>(), &row, {}, out), std::domain_error);
  CHECK(out == "before");
}

TEST_CASE("a CSV reader takes both line ends, quotes, nulls and a byte order mark") {
  CHECK(read("a,b\r\nc,d\n") == "[a][b]|[c][d]|");
  CHECK(read("a,b") == "[a][b]|");
  CHECK(read("\xEF\xBB\xBF"
             "a") == "[a]|");
  CHECK(read("a,,\"\"\n,\n\n") == "[a]-[]|--|-|");
  CHECK(read("\"x \"\"y\"\"\",\"1\r\n2\",\"a,b\"\n") == "[x \"y\"][1\r\n2][a,b]|");
  CHECK(read("") == "");
}

TEST_CASE("a CSV reader says what is wrong and where") {
  CHECK(read("a\n\"open") == "CSV line 2: a quote is not closed");
  CHECK(read("\"1\n2\"\n\"a\"b\n") == "CSV line 3: text after a closing quote");
  CHECK(read("a\"b\n") == "CSV line 1: a quote within unquoted text");
  CHECK(read("a\rb\n") == "CSV line 1: a bare CR");
}

TEST_CASE("rows are found by column name, whatever the order") {
  auto rows = cs::CsvRows::open(
      cs::type_of<Row>(),
      "live,text,other,price,ratio,side,time,levels\ntrue,x,?,1.50,2.5,buy,1970-01-01T00:00:01Z,[]\n");
  REQUIRE(rows);
  Row row = sample();
  CHECK(rows->next(&row).value());
  CHECK(row == Row{.text = "x", .price = cs::Decimal::of("1.5"), .ratio = 2.5, .live = true, .time = {1000}});
  CHECK(row.price.to_string() == "1.50");
  CHECK_FALSE(rows->next(&row).value());
}

TEST_CASE("rows that do not fit name line and column") {
  auto error = [](std::string_view text) {
    auto rows = cs::CsvRows::open(cs::type_of<Level>(), text);
    if (!rows) return rows.error().message();
    Level level;
    auto next = rows->next(&level);
    return next ? "" : next.error().message();
  };
  CHECK(error("") == "CSV line 1: no header");
  CHECK(error("cost\n1\n") == "CSV line 1: no column price");
  CHECK(error("price,price\n") == "CSV line 1: two columns price");
  CHECK(error("price\n1,2\n") == "CSV line 2: 2 cells, the header has 1");
  CHECK(error("price\n\n") == "CSV line 2, column price: empty");
  CHECK(error("price\nx\n").starts_with("CSV line 2, column price: "));
}

TEST_CASE("what was written as CSV reads back equal") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::string_view pieces[] = {"a", ",", "\"", "\n", "\r\n", "\r", " ", "=", "", "ü", ";", "'"};
  auto text = [&] {
    std::string out;
    for (int n = static_cast<int>(random() % 6); n > 0; --n) out += pieces[random() % std::size(pieces)];
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    const cs::CsvFormat format{.delimiter = random() % 2 ? ',' : ';',
                               .line_end = random() % 2 ? "\n" : "\r\n",
                               .times = random() % 2 ? cs::TimeText::iso8601 : cs::TimeText::milliseconds};
    std::vector<Row> written(1 + random() % 4);
    std::string out;
    cs::append_csv_header(cs::type_of<Row>(), format, out);
    for (Row& row : written) {
      row.text = text();
      if (random() % 2) row.note = text();
      row.price = cs::Decimal::parse(std::to_string(random()) + "." + std::to_string(random())).value();
      if (random() % 2) row.count = static_cast<std::int64_t>(random()) - 99;
      row.ratio = static_cast<double>(random()) / 7;
      row.live = random() % 2;
      row.side = random() % 2 ? Side::sell : Side::buy;
      row.time = {static_cast<std::int64_t>(random()) * 100};
      row.levels.resize(random() % 3);
      cs::append_csv_row(cs::type_of<Row>(), &row, format, out);
    }
    CAPTURE(out);
    auto rows = cs::CsvRows::open(cs::type_of<Row>(), out, format.delimiter);
    REQUIRE(rows);
    Row row;
    for (const Row& expected : written) {
      REQUIRE(rows->next(&row).value());
      CHECK(row == expected);
      CHECK(row.price.same_text(expected.price));
    }
    CHECK_FALSE(rows->next(&row).value());
  }
}

TEST_CASE("a line of one absent cell is not lost") {
  std::string out = "text\n";
  for (const One& one : {One{}, One{""}, One{}}) cs::append_csv_row(cs::type_of<One>(), &one, {}, out);
  CHECK(out == "text\n\n\"\"\n\n");
  auto rows = cs::CsvRows::open(cs::type_of<One>(), out);
  REQUIRE(rows);
  One one;
  int count = 0;
  while (rows->next(&one).value()) CHECK(one.text.has_value() == (++count == 2));
  CHECK(count == 3);
}
