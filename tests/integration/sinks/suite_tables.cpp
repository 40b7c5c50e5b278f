// The suite of sinks, the part for SQL stores: upserts, deletes, tables made, extended and checked, rows refused.
#include "suite_rows.h"

#include <iostream>
#include <random>

namespace {

struct Price {
  std::string symbol;
  std::int64_t start = 0;
  std::string name;
};
CRYPTOSTREAM_SCHEMA(Price, symbol, start, (name, "Full \"Name\""))

struct PriceKey {
  std::string symbol;
  std::int64_t start = 0;
};
CRYPTOSTREAM_SCHEMA(PriceKey, symbol, start)

struct OldRow {
  std::string id;
  cs::Decimal price;
};
CRYPTOSTREAM_SCHEMA(OldRow, id, price)

struct OnlyKey {
  std::string id;
};
CRYPTOSTREAM_SCHEMA(OnlyKey, (id, cs::FieldFlags::key))

cs::Error open_error(const cs::TableSink& sink) {
  auto writer = sink.open(suite_task());
  REQUIRE_FALSE(writer.has_value());
  return writer.error();
}

bool has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  MESSAGE("not in: " << text);
  return false;
}

}  // namespace

TEST_CASE("upsert keeps the last operation of each key, within a batch and across batches") {
  auto target = make_target();
  if (!target->sql()) return;
  auto writer = open(*row_sink(*target, "prices", cs::WriteMode::upsert, {"id"}));
  write(*writer, 0, {.id = "a", .price = cs::Decimal(1)});
  write(*writer, 1, {.id = "b", .price = cs::Decimal(2)});
  write(*writer, 2, {.id = "a", .price = cs::Decimal(3)});
  commit(*writer, 3);
  CHECK(target->rows("prices", {"id", "price"}) == Texts{{"a", "3"}, {"b", "2"}});
  write(*writer, 3, {.id = "b", .price = cs::Decimal(4)});
  erase(*writer, 4, "a");
  erase(*writer, 5, "c");
  write(*writer, 6, {.id = "c", .price = cs::Decimal(5)});
  write(*writer, 7, {.id = "d", .price = cs::Decimal(6)});
  erase(*writer, 8, "d");
  commit(*writer, 9);
  CHECK(target->rows("prices", {"id", "price"}) == Texts{{"b", "4"}, {"c", "5"}});
  erase(*writer, 9, "b");
  erase(*writer, 10, "nobody");
  commit(*writer, 11);
  CHECK(target->rows("prices", {"id", "price"}) == Texts{{"c", "5"}});
}

TEST_CASE("upsert ends where a map ends that does the same at random") {
  auto target = make_target();
  if (!target->sql()) return;
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  auto writer = open(*row_sink(*target, "random", cs::WriteMode::upsert, {"id"}));
  std::map<std::string, std::string> model;
  std::int64_t offset = 0;
  for (int batch = 0; batch < 12; ++batch) {
    for (auto left = random() % 60; left > 0; --left, ++offset) {
      auto id = "k" + std::to_string(random() % 25);
      if (random() % 4 == 0) {
        erase(*writer, offset, id);
        model.erase(id);
      } else {
        write(*writer, offset, {.id = id, .count = offset});
        model[id] = std::to_string(offset);
      }
    }
    commit(*writer, offset);
  }
  Texts expected;
  for (const auto& [id, count] : model) expected.push_back({id, count});
  CHECK(target->rows("random", {"id", "count"}) == expected);
}

TEST_CASE("upsert with a key of several columns deletes by the fields of the record's key") {
  auto target = make_target();
  if (!target->sql()) return;
  auto sink = target->sink("\"Crypto_asset\"", cs::WriteMode::upsert, {"start", "symbol"}, cs::type_of<Price>(),
                           &cs::type_of<PriceKey>());
  auto writer = open(*sink);
  Price a{"BTC", 1, "one"}, b{"BTC", 2, "two"};
  REQUIRE(writer->write(nullptr, &a, 0));
  REQUIRE(writer->write(nullptr, &b, 1));
  commit(*writer, 2);
  PriceKey key{"BTC", 1};
  REQUIRE(writer->write(&key, nullptr, 2));
  b.name = "again";
  REQUIRE(writer->write(nullptr, &b, 3));
  commit(*writer, 4);
  CHECK(target->rows("Crypto_asset", {"symbol", "start", "Full \"Name\""}) == Texts{{"BTC", "2", "again"}});
}

TEST_CASE("upsert of rows that are all key does nothing the second time") {
  auto target = make_target();
  if (!target->sql()) return;
  auto writer =
      open(*target->sink("keys", cs::WriteMode::upsert, {}, cs::type_of<OnlyKey>(), &cs::type_of<std::string>()));
  for (std::int64_t i = 0; i < 3; ++i) {
    OnlyKey row{"same"};
    REQUIRE(writer->write(nullptr, &row, i));
    commit(*writer, i + 1);
  }
  CHECK(target->rows("keys", {"id"}) == Texts{{"same"}});
}

TEST_CASE("a key column that is no field of the rows comes from the record's key") {
  auto target = make_target();
  if (!target->sql()) return;
  auto writer = open(*row_sink(*target, "outer", cs::WriteMode::upsert, {"record_key"}));
  write(*writer, 0, {.id = "a"}, "k1");
  write(*writer, 1, {.id = "b"}, "k1");
  write(*writer, 2, {.id = "c"}, "k2");
  Row keyless;
  CHECK(writer->write(nullptr, &keyless, 3).error().kind() == cs::ErrorKind::bad_record);
  commit(*writer, 4);
  CHECK(target->rows("outer", {"record_key", "id"}) == Texts{{"k1", "b"}, {"k2", "c"}});
}

TEST_CASE("replace mode with a key keeps the last row of each") {
  auto target = make_target();
  if (!target->sql()) return;
  auto writer = open(*row_sink(*target, "board", cs::WriteMode::replace, {"id"}));
  write(*writer, 0, {.id = "a", .count = 1});
  write(*writer, 1, {.id = "b", .count = 2});
  write(*writer, 2, {.id = "a", .count = 3});
  erase(*writer, 3, "b");
  commit(*writer, 4);
  CHECK(target->rows("board", {"id", "count"}) == Texts{{"a", "3"}});
  erase(*writer, 4, "a");
  commit(*writer, 5);
  CHECK(target->rows("board", {"id", "count"}).empty());
}

TEST_CASE("a table gets the columns it lacks, and keeps its rows") {
  auto target = make_target();
  if (!target->sql()) return;
  {
    auto writer = open(*target->sink("grown", cs::WriteMode::insert, {}, cs::type_of<OldRow>(), nullptr));
    OldRow row{"old", cs::Decimal::of("1.50")};
    REQUIRE(writer->write(nullptr, &row, 0));
    commit(*writer, 1);
  }
  auto task = suite_task();
  task.sink = "app/other";
  auto writer = open(*row_sink(*target, "grown"), task);
  write(*writer, 0, {.id = "new", .note = "here"});
  commit(*writer, 1);
  CHECK(target->rows("grown", {"id", "price", "note"}) == Texts{{"new", "0", "here"}, {"old", "1.50", "\\N"}});
}

TEST_CASE("a table whose column would change values is refused, naming column, wanted and found type") {
  auto target = make_target();
  if (!target->sql()) return;
  target->execute("CREATE TABLE prices (id TEXT, price DOUBLE PRECISION)");
  auto error = open_error(*target->sink("prices", cs::WriteMode::insert, {}, cs::type_of<OldRow>(), nullptr));
  CHECK(error.kind() == cs::ErrorKind::configuration);
  CHECK(has(error.message(), "'price'"));
  CHECK(has(error.message(), target->decimal_type()));
  CHECK((error.message().find("double precision") != std::string::npos ||
         error.message().find("DOUBLE PRECISION") != std::string::npos));
}

TEST_CASE("a table that demands a column the rows have not is refused") {
  auto target = make_target();
  if (!target->sql()) return;
  target->execute("CREATE TABLE prices (id TEXT, venue TEXT NOT NULL)");
  auto error = open_error(*target->sink("prices", cs::WriteMode::insert, {}, cs::type_of<OldRow>(), nullptr));
  CHECK(error.kind() == cs::ErrorKind::configuration);
  CHECK(has(error.message(), "'venue'"));
}

TEST_CASE("upsert into a table without the unique index is refused at once, with the statement that makes it") {
  auto target = make_target();
  if (!target->sql()) return;
  target->execute("CREATE TABLE prices (id TEXT NOT NULL)");
  auto sink = target->sink("prices", cs::WriteMode::upsert, {"id"}, cs::type_of<OnlyKey>(), nullptr);
  auto error = open_error(*sink);
  CHECK(error.kind() == cs::ErrorKind::configuration);
  CHECK(has(error.message(), "CREATE UNIQUE INDEX"));
  target->execute("CREATE UNIQUE INDEX one ON prices (id)");
  CHECK(sink->open(suite_task()).has_value());
}

TEST_CASE("rows that the table refuses are handed over by offset, and the rest lands") {
  auto target = make_target();
  if (!target->sql()) return;
  std::string text;
  SUBCASE("in a small batch") {}
  SUBCASE("in a large batch") { text.assign(10'000, 'x'); }
  auto sink = row_sink(*target, "checked");
  open(*sink);
  target->execute("DROP TABLE checked");
  target->execute("CREATE TABLE checked (id TEXT CHECK (id NOT LIKE 'bad%'), count BIGINT)");
  auto writer = open(*sink);
  Texts good;
  std::vector<std::int64_t> bad;
  for (std::int64_t offset = 0; offset < 40; ++offset) {
    bool is_bad = offset % 11 == 3 || offset == 39;
    write(*writer, offset, {.id = (is_bad ? "bad" : "r") + std::to_string(100 + offset), .note = text});
    if (is_bad) bad.push_back(offset);
    if (!is_bad) good.push_back({"r" + std::to_string(100 + offset)});
  }
  Refused refused;
  REQUIRE(writer->commit(40, refused));
  CHECK(refused.offsets == bad);
  CHECK(target->rows("checked", {"id"}) == good);
  commit(*writer, 41);
  write(*writer, 41, {.id = "r999"});  // the writer goes on
  commit(*writer, 42);
  CHECK(target->rows("checked", {"id"}).size() == good.size() + 1);
  CHECK(open(*sink)->position() == 42);
}

TEST_CASE("a refused row that the policy stops at leaves nothing of the batch") {
  auto target = make_target();
  if (!target->sql()) return;
  target->execute("CREATE TABLE stopped (id TEXT PRIMARY KEY)");
  auto sink = row_sink(*target, "stopped");
  auto writer = open(*sink);
  write(*writer, 0, {.id = "a"});
  write(*writer, 1, {.id = "a"});
  Refused refused;
  refused.stop = true;
  auto done = writer->commit(2, refused);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind() == cs::ErrorKind::bad_record);
  writer = open(*sink);
  CHECK(writer->position() == std::nullopt);
  CHECK(target->rows("stopped", {"id"}).empty());
}

TEST_CASE("upsert leaves the operation before when the last one of a key is refused") {
  auto target = make_target();
  if (!target->sql()) return;
  target->execute("CREATE TABLE refused (id TEXT PRIMARY KEY, count BIGINT CHECK (count < 100))");
  auto writer = open(*row_sink(*target, "refused", cs::WriteMode::upsert, {"id"}));
  write(*writer, 0, {.id = "a", .count = 1});
  write(*writer, 1, {.id = "b", .count = 2});
  write(*writer, 2, {.id = "a", .count = 3});
  write(*writer, 3, {.id = "a", .count = 100});
  erase(*writer, 4, "b");
  write(*writer, 5, {.id = "c", .count = 4});
  write(*writer, 6, {.id = "d", .count = 5});
  write(*writer, 7, {.id = "d", .count = 6});
  write(*writer, 8, {.id = "d", .count = 101});
  write(*writer, 9, {.id = "c", .count = 7});
  Refused refused;
  REQUIRE(writer->commit(10, refused));
  CHECK(refused.offsets == std::vector<std::int64_t>{3, 8});
  CHECK(target->rows("refused", {"id", "count"}) == Texts{{"a", "3"}, {"c", "7"}, {"d", "6"}});
}

TEST_CASE("a sink whose names or key cannot work is refused when it is made") {
  auto target = make_target();
  if (!target->sql()) return;
  auto made = [&](const std::string& table, cs::WriteMode mode, std::vector<std::string> key) {
    (void)target->sink(table, mode, std::move(key), cs::type_of<Row>(), &cs::type_of<std::string>());
  };
  CHECK_THROWS_AS(made("", cs::WriteMode::insert, {}), std::invalid_argument);
  CHECK_THROWS_AS(made("a.b.c", cs::WriteMode::insert, {}), std::invalid_argument);
  CHECK_THROWS_AS(made("\"open", cs::WriteMode::insert, {}), std::invalid_argument);
  CHECK_THROWS_AS(made("t", cs::WriteMode::upsert, {}), std::invalid_argument);
  CHECK_THROWS_AS(made("t", cs::WriteMode::upsert, {"id", "no_such"}), std::invalid_argument);
  CHECK_THROWS_AS(made("t", cs::WriteMode::upsert, {"note"}), std::invalid_argument);  // optional
  CHECK_THROWS_AS(made("t", cs::WriteMode::upsert, {"id", "id"}), std::invalid_argument);
  CHECK_THROWS_AS(made("cryptostream_positions", cs::WriteMode::insert, {}), std::invalid_argument);
  CHECK_THROWS_WITH_AS(made("t", cs::WriteMode::upsert, {"symbol", "id"}), doctest::Contains("'symbol'"),
                       std::invalid_argument);
}
