// What only a file can do to a sink: be locked, full, read-only, no database; and what SQLite's types would do to
// values.
#include "small_disk.h"
#include "suite_rows.h"

#include <cryptostream/stores/sqlite/sink.h>

#include <sqlite3.h>

#include <cmath>
#include <fstream>

namespace {

std::shared_ptr<const cs::TableSink> sink_in(const std::string& file, cs::SqliteOptions options = {}) {
  return cs::sqlite_table(file, "prices", std::move(options), cs::type_of<Row>(), &cs::type_of<std::string>());
}

cs::Error open_error(const cs::TableSink& sink) {
  auto writer = sink.open(suite_task());
  REQUIRE_FALSE(writer.has_value());
  return writer.error();
}

struct Database {
  explicit Database(const std::string& file) { sqlite3_open(file.c_str(), &handle); }
  ~Database() { sqlite3_close(handle); }
  std::string run(const std::string& sql) {
    std::string first;
    char* why = nullptr;
    auto take = [](void* into, int, char** values, char**) {
      if (values[0] != nullptr) *static_cast<std::string*>(into) = values[0];
      return 0;
    };
    sqlite3_exec(handle, sql.c_str(), take, &first, &why);
    CHECK_MESSAGE(why == nullptr, why);
    sqlite3_free(why);
    return first;
  }
  sqlite3* handle = nullptr;
};

}  // namespace

TEST_CASE("a file that another program locks is an error that may go away") {
  TemporaryFolder folder;
  auto file = folder.path() + "/p.db";
  auto sink = sink_in(file, {.busy_timeout = std::chrono::milliseconds(50)});
  auto writer = open(*sink);
  write(*writer, 0, {.id = "a"});
  Database other(file);
  other.run("BEGIN IMMEDIATE");
  Refused refused;
  auto done = writer->commit(1, refused);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind() == cs::ErrorKind::temporary);
  CHECK(open_error(*sink).kind() == cs::ErrorKind::temporary);
  other.run("ROLLBACK");
  writer = open(*sink);
  write(*writer, 0, {.id = "a"});
  commit(*writer, 1);
  CHECK(other.run("SELECT count(*) FROM prices") == "1");
}

TEST_CASE("a full disk is an error that may go away, and the batch lands when there is room") {
  SmallDisk disk;
  if (!disk.usable()) return;
  auto sink = sink_in(disk.path() + "/p.db");
  auto writer = open(*sink);
  disk.fill();
  auto add = [&] {
    for (int i = 0; i < 10; ++i) write(*writer, i, {.id = std::to_string(i), .note = std::string(20'000, 'x')});
  };
  add();
  Refused refused;
  auto done = writer->commit(10, refused);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind() == cs::ErrorKind::unavailable);
  CHECK(done.error().message().find("disk is full") != std::string::npos);
  CHECK(refused.offsets.empty());
  disk.make_room();
  writer = open(*sink);
  CHECK(writer->position() == std::nullopt);
  add();
  commit(*writer, 10);
  CHECK(Database(disk.path() + "/p.db").run("SELECT count(*) FROM prices") == "10");
}

TEST_CASE("a disk that became read-only is a matter of permission") {
  SmallDisk disk;
  if (!disk.usable()) return;
  auto sink = sink_in(disk.path() + "/p.db");
  open(*sink);
  disk.make_read_only();
  CHECK(open_error(*sink).kind() == cs::ErrorKind::permission);
}

TEST_CASE("files that cannot be a database are refused with what to do") {
  TemporaryFolder folder;
  CHECK(open_error(*sink_in(folder.path() + "/none/p.db")).kind() == cs::ErrorKind::configuration);
  CHECK(open_error(*sink_in(folder.path())).kind() == cs::ErrorKind::configuration);
  auto text = folder.path() + "/notes.txt";
  std::ofstream(text) << std::string(5000, 'n');
  auto error = open_error(*sink_in(text));
  CHECK(error.kind() == cs::ErrorKind::configuration);
  CHECK(error.message().find("not an SQLite database") != std::string::npos);
  CHECK_THROWS_AS(sink_in(":memory:"), std::invalid_argument);
  CHECK_THROWS_AS(sink_in(""), std::invalid_argument);
}

TEST_CASE("decimals can be sorted and summed through the view beside the table") {
  TemporaryFolder folder;
  auto file = folder.path() + "/p.db";
  auto writer = open(*sink_in(file));
  write(*writer, 0, {.id = "a", .price = cs::Decimal::of("9.50")});
  write(*writer, 1, {.id = "b", .price = cs::Decimal::of("10.25")});
  commit(*writer, 2);
  Database database(file);
  CHECK(database.run("SELECT group_concat(id) FROM (SELECT id FROM prices_numeric ORDER BY price)") == "a,b");
  CHECK(database.run("SELECT sum(price) FROM prices_numeric") == "19.75");
  CHECK(database.run("SELECT group_concat(price) FROM prices") == "9.50,10.25");
}

TEST_CASE("a view of somebody else's is left alone") {
  TemporaryFolder folder;
  auto file = folder.path() + "/p.db";
  Database database(file);
  database.run("CREATE VIEW prices_numeric AS SELECT 'mine' AS x");
  open(*sink_in(file));
  CHECK(database.run("SELECT x FROM prices_numeric") == "mine");
}

TEST_CASE("NaN, which SQLite would turn into NULL, is refused, and infinity is kept") {
  TemporaryFolder folder;
  auto file = folder.path() + "/p.db";
  auto writer = open(*sink_in(file));
  Row row{.id = "a", .ratio = std::nan("")};
  CHECK(writer->write(nullptr, &row, 0).error().kind() == cs::ErrorKind::bad_record);
  row.ratio = INFINITY;
  write(*writer, 1, row);
  commit(*writer, 2);
  CHECK(Database(file).run("SELECT ratio > 1e308 FROM prices") == "1");
}

TEST_CASE("a column's declared type decides whether it keeps values") {
  struct Case {
    const char* column;
    bool fits;
  };
  for (const auto& kind :
       {Case{"price NUMERIC", false}, Case{"price DECIMAL(38,18)", false}, Case{"price VARCHAR(80)", true},
        Case{"price", true}, Case{"PRICE TEXT", true}, Case{"count BIGINT", true}, Case{"count NUMERIC", true},
        Case{"count TEXT", false}, Case{"ratio DOUBLE", true}, Case{"ratio INTEGER", false},
        Case{"id TEXT AS ('x')", false}, Case{"k INTEGER PRIMARY KEY", true}, Case{"k TEXT NOT NULL DEFAULT ''", true},
        Case{"k TEXT NOT NULL", false}}) {
    CAPTURE(kind.column);
    TemporaryFolder folder;
    auto file = folder.path() + "/p.db";
    Database(file).run(std::string("CREATE TABLE prices (other TEXT, ") + kind.column + ")");
    auto writer = sink_in(file)->open(suite_task());
    CHECK(writer.has_value() == kind.fits);
    if (!writer) CHECK(writer.error().kind() == cs::ErrorKind::configuration);
  }
}

TEST_CASE("tasks of several partitions share a file") {
  TemporaryFolder folder;
  auto sink = sink_in(folder.path() + "/p.db");
  std::vector<Writer> writers;
  for (int partition = 0; partition < 4; ++partition) {
    auto task = suite_task();
    task.partition = partition;
    writers.push_back(open(*sink, task));
  }
  for (int round = 0; round < 5; ++round)
    for (auto& writer : writers) {
      write(*writer, round, {.id = "x"});
      commit(*writer, round + 1);
    }
  CHECK(Database(folder.path() + "/p.db").run("SELECT count(*) FROM prices") == "20");
}
