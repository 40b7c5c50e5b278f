// The suite of sinks: what is written is what is found, as text.
#include "suite_rows.h"

TEST_CASE("a sink keeps every value as it was written") {
  auto target = make_target();
  auto sink = row_sink(*target, "values");
  auto writer = open(*sink);
  CHECK(writer->position() == std::nullopt);
  Row row{.id = "BTC",
          .price = cs::Decimal::of("1.00000"),
          .count = INT64_MAX,
          .level = INT32_MIN,
          .ratio = 0.1,
          .side = Side::buy};
  row.tags = {"a,b", "c\"d"};
  write(*writer, 0, row);
  commit(*writer, 1);
  CHECK(target->rows("values", {"id", "price", "note", "size", "count", "level", "ratio", "live", "side", "time"}) ==
        Texts{{"BTC", "1.00000", "\\N", "\\N", "9223372036854775807", "-2147483648", "0.1", target->true_text(), "buy",
               target->time_text()}});
  auto tags = target->rows("values", {"tags"}).at(0).at(0);
  std::erase(tags, ' ');  // JSONB writes spaces
  CHECK(tags == R"(["a,b","c\"d"])");
}

TEST_CASE("a sink keeps decimals with their digits and their scale") {
  auto target = make_target();
  auto writer = open(*row_sink(*target, "decimals"));
  std::vector<std::string> texts{"0",
                                 "0.00",
                                 "-0.000001",
                                 "1.00000",
                                 "100",
                                 "12345678901234567890123456789012345678",
                                 "-0.12345678901234567890123456789012345678",
                                 "99999999999999999999.999999999999999999",
                                 "0.00000000000000000000000000000000000001"};
  Texts expected;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    write(*writer, static_cast<std::int64_t>(i),
          {.id = std::to_string(i), .price = cs::Decimal::of(texts[i]), .size = cs::Decimal::of(texts[i])});
    expected.push_back({std::to_string(i), texts[i], texts[i]});
  }
  commit(*writer, 9);
  CHECK(target->rows("decimals", {"id", "price", "size"}) == expected);
}

TEST_CASE("a sink keeps texts of any kind, and tells empty from null") {
  auto target = make_target();
  auto writer = open(*row_sink(*target, "texts"));
  std::vector<std::string> texts{"",
                                 " ",
                                 "\\N",
                                 "\\.",
                                 "\\",
                                 "a\\b\\\\",
                                 "tab\there",
                                 "line\nbreak",
                                 "cr\rhere\r\n",
                                 "quo\"te\"",
                                 "it's",
                                 "a,b;c",
                                 "=1+1",
                                 "NULL",
                                 "\x01\x7f",
                                 "Zürich",
                                 "ビットコイン",
                                 "🪙",
                                 "\"",
                                 "\n",
                                 "'; DROP TABLE texts; --"};
  Texts expected;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto id = std::to_string(100 + i);
    write(*writer, static_cast<std::int64_t>(i), {.id = id, .note = texts[i]});
    expected.push_back({id, texts[i]});
  }
  write(*writer, 50, {.id = "999"});
  expected.push_back({"999", "\\N"});
  commit(*writer, 51);
  auto found = target->rows("texts", {"id", "note"});
  // The reader of the tests writes null as \N too: the text of that name is told apart by being stored in row 102.
  CHECK(found == expected);
}

TEST_CASE("a sink keeps long rows and many of them") {
  auto target = make_target();
  auto writer = open(*row_sink(*target, "many"));
  std::string text(300'000, 'x');
  write(*writer, 0, {.id = "long", .note = text});
  for (int i = 1; i < 3000; ++i) write(*writer, i, {.id = std::to_string(i), .count = i});
  commit(*writer, 3000);
  auto found = target->rows("many", {"id", "note"});
  CHECK(found.size() == 3000);
  CHECK(found.back() == std::vector<std::string>{"long", text});
}

TEST_CASE("a sink refuses a null value in insert mode and keeps the rest of the batch") {
  auto target = make_target();
  auto writer = open(*row_sink(*target, "nulls"));
  write(*writer, 0, {.id = "a"});
  std::string key = "a";
  auto refused = writer->write(&key, nullptr, 1);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == cs::ErrorKind::bad_record);
  write(*writer, 2, {.id = "b"});
  commit(*writer, 3);
  CHECK(target->rows("nulls", {"id"}) == Texts{{"a"}, {"b"}});
}

TEST_CASE("a sink refuses a value that has no text, naming the column") {
  auto target = make_target();
  auto writer = open(*row_sink(*target, "odd"));
  Row row{.id = "a", .side = static_cast<Side>(7)};
  auto refused = writer->write(nullptr, &row, 0);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == cs::ErrorKind::bad_record);
  write(*writer, 1, {.id = "b"});
  commit(*writer, 2);
  CHECK(target->rows("odd", {"id"}) == Texts{{"b"}});
}

TEST_CASE("replace mode puts the rows of a commit in place of all before") {
  auto target = make_target();
  auto sink = row_sink(*target, "top", cs::WriteMode::replace);
  auto writer = open(*sink);
  write(*writer, 0, {.id = "a"});
  write(*writer, 1, {.id = "b"});
  commit(*writer, 2);
  write(*writer, 2, {.id = "c"});
  commit(*writer, 3);
  CHECK(target->rows("top", {"id"}) == Texts{{"c"}});
  commit(*writer, 4);  // no rows: nothing to replace with
  CHECK(target->rows("top", {"id"}) == Texts{{"c"}});
  writer = open(*sink);
  CHECK(writer->position() == 4);
  write(*writer, 4, {.id = "d"});
  commit(*writer, 5);
  CHECK(target->rows("top", {"id"}) == Texts{{"d"}});
}
