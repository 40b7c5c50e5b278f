// What only a file can do to a sink: be torn, shortened, somebody else's, on a full disk; and the bytes that are
// written.
#include "small_disk.h"
#include "suite_rows.h"

#include <cryptostream/stores/csv/sink.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

struct Trade {
  std::string symbol;
  cs::Decimal price;
  std::optional<std::string> note{};
  cs::Timestamp time{1'773'026'880'123};
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, price, note, time)

std::shared_ptr<const cs::TableSink> sink_in(const std::string& path, cs::CsvOptions options = {}) {
  return cs::csv_table(path, std::move(options), cs::type_of<Trade>());
}

void add(cs::TableWriter& writer, std::int64_t offset, const Trade& trade) {
  REQUIRE(writer.write(nullptr, &trade, offset));
}

std::string bytes_of(const std::string& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

void append_to(const std::string& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::app) << bytes;
}

cs::Error open_error(const cs::TableSink& sink, const cs::SinkTask& task = suite_task()) {
  auto writer = sink.open(task);
  REQUIRE_FALSE(writer.has_value());
  return writer.error();
}

}  // namespace

TEST_CASE("a CSV file begins with its columns, and lines end as the profile says") {
  TemporaryFolder folder;
  auto plain = folder.path() + "/plain.csv", powerbi = folder.path() + "/powerbi.csv";
  for (const auto& file : {plain, powerbi}) {
    auto writer = open(*sink_in(file, {.profile = file == powerbi ? cs::CsvProfile::powerbi : cs::CsvProfile::plain}));
    add(*writer, 0, {"BTC", cs::Decimal::of("-1.50"), "=1+1"});
    commit(*writer, 1);
    add(*writer, 1, {"E,\"TH\"", cs::Decimal::of("0"), ""});
    add(*writer, 2, {"XRP", cs::Decimal::of("2")});
    commit(*writer, 3);
  }
  CHECK(bytes_of(plain) ==
        "symbol,price,note,time\n"
        "BTC,-1.50,=1+1,2026-03-09T03:28:00.123Z\n"
        "\"E,\"\"TH\"\"\",0,\"\",2026-03-09T03:28:00.123Z\n"
        "XRP,2,,2026-03-09T03:28:00.123Z\n");
  CHECK(bytes_of(powerbi) ==
        "\xEF\xBB\xBFsymbol,price,note,time\r\n"
        "BTC,-1.50,'=1+1,2026-03-09T03:28:00.123Z\r\n"
        "\"E,\"\"TH\"\"\",0,\"\",2026-03-09T03:28:00.123Z\r\n"
        "XRP,2,,2026-03-09T03:28:00.123Z\r\n");
}

TEST_CASE("upsert keeps one row a key, in the order in which the keys came, over restarts") {
  TemporaryFolder folder;
  auto file = folder.path() + "/last.csv";
  auto sink = sink_in(file, {.mode = cs::WriteMode::upsert, .key = {"symbol"}, .profile = cs::CsvProfile::powerbi});
  auto writer = open(*sink);
  add(*writer, 0, {"BTC", cs::Decimal::of("-1.50"), "=1+1"});
  add(*writer, 1, {"E,\n\"TH\"", cs::Decimal::of("0"), ""});
  commit(*writer, 2);
  writer = open(*sink);
  CHECK(writer->position() == 2);
  add(*writer, 2, {"XRP", cs::Decimal::of("2")});
  add(*writer, 3, {"E,\n\"TH\"", cs::Decimal::of("3")});
  add(*writer, 4, {"XRP", cs::Decimal::of("4")});
  commit(*writer, 5);
  CHECK(bytes_of(file) ==
        "\xEF\xBB\xBFsymbol,price,note,time\r\n"
        "BTC,-1.50,'=1+1,2026-03-09T03:28:00.123Z\r\n"
        "\"E,\n\"\"TH\"\"\",3,,2026-03-09T03:28:00.123Z\r\n"
        "XRP,4,,2026-03-09T03:28:00.123Z\r\n");
}

TEST_CASE("upsert is repeated where the file was replaced and its position lost") {
  TemporaryFolder folder;
  auto file = folder.path() + "/last.csv";
  auto sink = sink_in(file, {.mode = cs::WriteMode::upsert, .key = {"symbol"}});
  auto writer = open(*sink);
  add(*writer, 0, {"BTC", cs::Decimal::of("1")});
  commit(*writer, 1);
  add(*writer, 1, {"BTC", cs::Decimal::of("2")});
  add(*writer, 2, {"ETH", cs::Decimal::of("3")});
  cs::set_fail_points("sink.commit.before=error");
  Refused refused;
  CHECK_FALSE(writer->commit(3, refused));
  cs::set_fail_points("");
  writer = open(*sink);
  CHECK(writer->position() == 1);
  add(*writer, 1, {"BTC", cs::Decimal::of("2")});
  add(*writer, 2, {"ETH", cs::Decimal::of("3")});
  commit(*writer, 3);
  CHECK(bytes_of(file) ==
        "symbol,price,note,time\n"
        "BTC,2,,2026-03-09T03:28:00.123Z\n"
        "ETH,3,,2026-03-09T03:28:00.123Z\n");
}

TEST_CASE("upsert needs a key that there is, and other modes none") {
  TemporaryFolder folder;
  auto file = folder.path() + "/t.csv";
  CHECK_THROWS_WITH(sink_in(file, {.mode = cs::WriteMode::upsert}), doctest::Contains("upsert needs a key"));
  CHECK_THROWS_WITH(sink_in(file, {.mode = cs::WriteMode::upsert, .key = {"size"}}),
                    doctest::Contains("no column size"));
  CHECK_THROWS_WITH(sink_in(file, {.key = {"symbol"}}), doctest::Contains("a key is for upsert alone"));
}

TEST_CASE("a torn tail is cut off on opening, wherever it was torn") {
  TemporaryFolder folder;
  auto file = folder.path() + "/t.csv";
  auto sink = sink_in(file);
  auto writer = open(*sink);
  add(*writer, 0, {"A"});
  commit(*writer, 1);
  auto committed = bytes_of(file);
  std::string tail = "B,0,\"half\n";
  for (std::size_t length = 1; length <= tail.size(); ++length) {
    append_to(file, tail.substr(0, length));
    writer = open(*sink);
    CHECK(bytes_of(file) == committed);
  }
  append_to(file, tail);
  add(*writer, 1, {"C"});  // a tail that appears while the writer lives is written over
  commit(*writer, 2);
  writer = open(*sink);
  CHECK(bytes_of(file) == committed + "C,0,,2026-03-09T03:28:00.123Z\n");
}

TEST_CASE("a file that was shortened, removed or is somebody else's is refused, not written to") {
  TemporaryFolder folder;
  auto file = folder.path() + "/t.csv";
  auto sink = sink_in(file);
  SUBCASE("shortened") {
    auto writer = open(*sink);
    add(*writer, 0, {"A"});
    commit(*writer, 1);
    std::filesystem::resize_file(file, 10);
    CHECK(open_error(*sink).kind() == cs::ErrorKind::configuration);
    Refused refused;
    add(*writer, 1, {"B"});
    CHECK_FALSE(writer->commit(2, refused).has_value());
  }
  SUBCASE("removed while it is written") {
    auto writer = open(*sink);
    add(*writer, 0, {"A"});
    commit(*writer, 1);
    std::filesystem::remove(file);
    Refused refused;
    add(*writer, 1, {"B"});
    auto done = writer->commit(2, refused);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().message().find("removed") != std::string::npos);
  }
  SUBCASE("somebody else's") {
    std::ofstream(file) << "my,own,file\n";
    CHECK(open_error(*sink).kind() == cs::ErrorKind::configuration);
    CHECK(open_error(*sink_in(file, {.mode = cs::WriteMode::replace})).kind() == cs::ErrorKind::configuration);
    CHECK(bytes_of(file) == "my,own,file\n");
  }
  SUBCASE("another sink's") {
    open(*sink);
    auto other = suite_task();
    other.sink = "app/other";
    CHECK(open_error(*sink, other).message().find("app/sink") != std::string::npos);
  }
  SUBCASE("with other columns") {
    auto writer = open(*sink);
    add(*writer, 0, {"A"});
    commit(*writer, 1);
    auto error = open_error(*cs::csv_table(file, {}, cs::type_of<Row>()));
    CHECK(error.kind() == cs::ErrorKind::configuration);
    CHECK(error.message().find("symbol,price,note,time") != std::string::npos);
  }
  SUBCASE("its position file damaged or gone") {
    auto writer = open(*sink);
    add(*writer, 0, {"A"});
    commit(*writer, 1);
    std::filesystem::resize_file(file + ".position", 40);
    CHECK(open_error(*sink).kind() == cs::ErrorKind::failure);
    std::filesystem::remove(file + ".position");
    CHECK(open_error(*sink).kind() == cs::ErrorKind::configuration);
    Refused refused;
    CHECK_FALSE(writer->commit(2, refused).has_value());
  }
}

TEST_CASE("each partition has a file of its own, and folders are made") {
  TemporaryFolder folder;
  auto task = suite_task();
  task.partition = 2;
  auto writer = open(*sink_in(folder.path() + "/a/b/prices.csv"), task);
  add(*writer, 0, {"A"});
  commit(*writer, 1);
  CHECK(std::filesystem::exists(folder.path() + "/a/b/prices-2.csv"));
  writer = open(*sink_in(folder.path() + "/out"));
  add(*writer, 0, {"A"});
  commit(*writer, 1);
  CHECK(std::filesystem::exists(folder.path() + "/out/rows.csv"));
}

TEST_CASE("replace puts a whole file in place, so that readers never see half of one") {
  TemporaryFolder folder;
  auto file = folder.path() + "/top.csv";
  auto writer = open(*sink_in(file, {.mode = cs::WriteMode::replace}));
  add(*writer, 0, {"A"});
  commit(*writer, 1);
  std::ifstream reader(file);  // holds the old file open
  add(*writer, 1, {"B"});
  commit(*writer, 2);
  std::ostringstream old;
  old << reader.rdbuf();
  CHECK(old.str() == "symbol,price,note,time\nA,0,,2026-03-09T03:28:00.123Z\n");
  CHECK(bytes_of(file) == "symbol,price,note,time\nB,0,,2026-03-09T03:28:00.123Z\n");
  CHECK_FALSE(std::filesystem::exists(file + ".part"));
}

TEST_CASE("a full disk is an error that may go away, no half row stays, and the batch lands when there is room") {
  for (auto mode : {cs::WriteMode::insert, cs::WriteMode::replace}) {
    SmallDisk disk;
    if (!disk.usable()) return;
    auto file = disk.path() + "/t.csv";
    auto sink = sink_in(file, {.mode = mode});
    auto writer = open(*sink);
    add(*writer, 0, {"A"});
    commit(*writer, 1);
    auto committed = bytes_of(file);
    disk.fill();
    auto fill = [&] { add(*writer, 1, {"B", {}, std::string(100'000, 'x')}); };
    fill();
    Refused refused;
    auto done = writer->commit(2, refused);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().kind() == cs::ErrorKind::unavailable);
    CHECK(bytes_of(file) == committed);
    disk.make_room();
    writer = open(*sink);
    CHECK(writer->position() == 1);
    fill();
    commit(*writer, 2);
    CHECK(bytes_of(file).size() > 100'000);
  }
}

TEST_CASE("a disk that became read-only is a matter of permission") {
  SmallDisk disk;
  if (!disk.usable()) return;
  auto sink = sink_in(disk.path() + "/t.csv");
  open(*sink);
  disk.make_read_only();
  CHECK(open_error(*sink).kind() == cs::ErrorKind::permission);
}

TEST_CASE("a CSV sink that cannot work is refused when it is made") {
  CHECK_THROWS_AS(sink_in(""), std::invalid_argument);
  CHECK_THROWS_AS(sink_in("a.csv", {.mode = cs::WriteMode::upsert}), std::invalid_argument);
  CHECK_THROWS_AS(sink_in("a.csv", {.delimiter = '"'}), std::invalid_argument);
  CHECK_THROWS_AS(sink_in("a", {.table = "../b"}), std::invalid_argument);
}
