// What only a server can do to a sink: refuse passwords and rights, restart, crash, fill its disk.
#include "postgres_target.h"
#include "suite_rows.h"

#include <cryptostream/stores/postgres/sink.h>

#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace {

cs::Error open_error(const cs::TableSink& sink) {
  auto writer = sink.open(suite_task());
  REQUIRE_FALSE(writer.has_value());
  return writer.error();
}

std::shared_ptr<const cs::TableSink> sink_at(const std::string& url, const std::string& table,
                                             cs::WriteMode mode = cs::WriteMode::insert,
                                             std::vector<std::string> key = {}) {
  return cs::postgres_table(table, {.mode = mode, .key = std::move(key), .url = url}, cs::type_of<Row>(),
                            &cs::type_of<std::string>());
}

bool has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  MESSAGE("not in: " << text);
  return false;
}

/// Writes records [position, records) in small batches as a task does, starting over after errors that may go away.
std::int64_t feed_until(const cs::TableSink& sink, std::int64_t records, std::atomic<std::int64_t>& reached,
                        std::vector<std::string>& problems) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::int64_t errors = 0;
  while (std::chrono::steady_clock::now() < deadline) {
    auto writer = sink.open(suite_task());
    Refused refused;
    cs::Result<void> done;
    if (!writer) done = cs::fail(writer.error());
    auto position = writer ? (*writer)->position().value_or(0) : 0;
    while (done && position < records) {
      auto next = std::min<std::int64_t>(records, position + 20);
      for (auto offset = position; offset < next && done; ++offset) {
        Row row{.id = std::to_string(1'000'000 + offset)};
        done = (*writer)->write(nullptr, &row, offset);
      }
      if (done) done = (*writer)->commit(next, refused);
      if (done) reached = position = next;
    }
    if (done) return errors;
    ++errors;
    if (!done.error().retriable()) {
      problems.push_back(done.error().message());
      return errors;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the runtime's backoff
  }
  problems.push_back("not done in time");
  return errors;
}

}  // namespace

TEST_CASE("a wrong password is said to be one, and never shown") {
  server().sql(
      "DROP ROLE IF EXISTS trader; CREATE ROLE trader LOGIN PASSWORD 'right'; GRANT ALL ON SCHEMA public TO trader");
  auto error = open_error(*sink_at(server().tcp_url("trader:hunter2", "?sslmode=require"), "t"));
  CHECK(error.kind() == cs::ErrorKind::permission);
  CHECK(has(error.message(), "wrong password for user trader"));
  CHECK(has(error.message(), "127.0.0.1:" + std::to_string(server().port())));
  CHECK(has(error.message(), "PGPASSWORD"));
  CHECK(error.message().find("hunter2") == std::string::npos);
  CHECK(
      sink_at(server().tcp_url("trader:right", "?sslmode=verify-full&sslrootcert=" + server().folder() + "/server.crt"),
              "t")
          ->open(suite_task())
          .has_value());
}

TEST_CASE("a password that is missing is asked for") {
  auto error = open_error(*sink_at(server().tcp_url("trader", "?sslmode=require&passfile=/no/such/file"), "t"));
  CHECK(error.kind() == cs::ErrorKind::permission);
  CHECK(has(error.message(), "PGPASSWORD"));
}

TEST_CASE("a certificate that is not trusted, a database and a server that are not there are told apart") {
  auto certificate =
      open_error(*sink_at(server().tcp_url("trader:right", "?sslmode=verify-full&sslrootcert=/no/such.crt"), "t"));
  CHECK(certificate.kind() == cs::ErrorKind::configuration);
  auto database = open_error(*sink_at(server().url() + " dbname=nowhere", "t"));
  CHECK(database.kind() == cs::ErrorKind::configuration);
  CHECK(has(database.message(), "nowhere"));
  auto nobody = open_error(*sink_at("postgres://cs@127.0.0.1:1/db", "t"));
  CHECK(nobody.kind() == cs::ErrorKind::unavailable);
  CHECK(has(nobody.message(), "127.0.0.1"));
}

TEST_CASE("missing rights are named with the GRANT to run, which helps") {
  server().sql(
      "DROP TABLE IF EXISTS guarded, cryptostream_positions; DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; "
      "CREATE TABLE guarded (id text PRIMARY KEY, count bigint); GRANT SELECT ON guarded TO reader");
  auto url = "host=" + server().folder() + " port=" + std::to_string(server().port()) + " user=reader dbname=postgres";
  auto sink = sink_at(url, "guarded", cs::WriteMode::upsert, {"id"});
  auto error = open_error(*sink);  // may not make the positions table
  CHECK(error.kind() == cs::ErrorKind::permission);
  CHECK(has(error.message(), "cryptostream_positions"));
  CHECK(has(error.message(), "GRANT CREATE ON SCHEMA"));
  server().sql("GRANT CREATE ON SCHEMA public TO reader");
  error = open_error(*sink);  // may not add the columns
  CHECK(error.kind() == cs::ErrorKind::permission);
  CHECK(has(error.message(), "\"guarded\""));
  CHECK(has(error.message(), "ADD COLUMN"));
  open(*sink_at(server().url(), "guarded", cs::WriteMode::upsert, {"id"}), {"owner", "t", 0, "log-a"});
  error = open_error(*sink);
  CHECK(error.kind() == cs::ErrorKind::permission);
  auto grant = error.message().find("GRANT ");
  REQUIRE(grant != std::string::npos);
  CHECK(has(error.message(), "INSERT, UPDATE, DELETE ON \"guarded\" TO \"reader\""));
  server().sql(error.message().substr(grant));
  CHECK(sink->open(suite_task()).has_value());
  // Taken away while the sink runs: still a permission.
  auto writer = open(*sink);
  server().sql("REVOKE INSERT ON guarded FROM reader");
  write(*writer, 0, {.id = "a"});
  Refused refused;
  CHECK(writer->commit(1, refused).error().kind() == cs::ErrorKind::permission);
}

TEST_CASE("a server that restarts and crashes in between loses and doubles nothing") {
  constexpr std::int64_t records = 6000;
  auto sink = sink_at(server().url(), "restarted");
  std::atomic<std::int64_t> reached = 0;
  std::vector<std::string> problems;
  std::int64_t errors = 0;
  std::thread feeder([&] { errors = feed_until(*sink, records, reached, problems); });
  for (int round = 0; round < 4; ++round) {
    auto from = reached.load();
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (reached < std::min(records, from + 400) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    round % 2 == 0 ? server().stop() : server().crash();
    server().start();
  }
  feeder.join();
  CHECK(problems.empty());
  CHECK(errors >= 1);
  CHECK(server().sql("SELECT count(*), count(DISTINCT id), max(id) FROM restarted") ==
        Texts{{"6000", "6000", "1005999"}});
}

TEST_CASE("a connection that the server ends is an error that may go away") {
  auto sink = sink_at(server().url(), "ended");
  auto writer = open(*sink);
  write(*writer, 0, {.id = "a"});
  server().sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cryptostream'");
  Refused refused;
  auto done = writer->commit(1, refused);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind() == cs::ErrorKind::unavailable);
  CHECK(refused.offsets.empty());
}

TEST_CASE("a lock that is held too long is an error that may go away") {
  auto sink = cs::postgres_table("locked", {.url = server().url(), .statement_timeout = std::chrono::milliseconds(200)},
                                 cs::type_of<Row>(), nullptr);
  auto writer = open(*sink);
  std::thread holder([] { server().sql("BEGIN; LOCK TABLE locked; SELECT pg_sleep(1)"); });
  while (
      server()
          .sql(
              "SELECT 1 FROM pg_locks WHERE relation = 'locked'::regclass AND mode = 'AccessExclusiveLock' AND granted")
          .empty()) {
  }
  write(*writer, 0, {.id = "a"});
  Refused refused;
  auto done = writer->commit(1, refused);
  holder.join();
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind() == cs::ErrorKind::temporary);
}

TEST_CASE("a full disk is an error that may go away, and the batch lands when there is room") {
  if (::geteuid() != 0) return;  // mounting needs root
  auto space = server().folder() + "/small";
  std::filesystem::create_directory(space);
  if (::mount("tmpfs", space.c_str(), "tmpfs", 0, "size=5m") != 0) {
    MESSAGE("no mount allowed here");
    return;
  }
  auto owner = "chown postgres: '" + space + "'";
  REQUIRE(std::system(owner.c_str()) == 0);
  server().sql("CREATE TABLESPACE small LOCATION '" + space + "'");
  server().sql(
      "CREATE TABLE filler (x text) TABLESPACE small; CREATE TABLE full_disk (id text, note text) TABLESPACE small; "
      "ALTER TABLE full_disk ALTER note SET STORAGE EXTERNAL; ALTER TABLE filler ALTER x SET STORAGE EXTERNAL; "
      "INSERT INTO filler SELECT repeat('x', 100000) FROM generate_series(1, 35)");
  cs::SinkTask task{"app/disk", "rows", 0, "log-a"};
  auto sink = sink_at(server().url(), "full_disk");
  auto writer = open(*sink, task);
  std::string text(100'000, 'x');
  for (int i = 0; i < 20; ++i) write(*writer, i, {.id = std::to_string(i), .note = text});
  Refused refused;
  auto done = writer->commit(20, refused);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind() == cs::ErrorKind::unavailable);
  CHECK(has(done.error().message(), "disk"));
  CHECK(refused.offsets.empty());
  server().sql("DROP TABLE filler");
  writer = open(*sink, task);
  CHECK(writer->position() == std::nullopt);
  for (int i = 0; i < 20; ++i) write(*writer, i, {.id = std::to_string(i), .note = text});
  commit(*writer, 20);
  CHECK(server().sql("SELECT count(*) FROM full_disk") == Texts{{"20"}});
  writer.reset();
  server().sql("DROP TABLE full_disk");
  server().sql("DROP TABLESPACE small");
  server().stop();
  ::umount(space.c_str());
  server().start();
}

TEST_CASE("keys that differ in text but not in value are one key") {
  server().sql("DROP TABLE IF EXISTS by_price; CREATE TABLE by_price (price numeric PRIMARY KEY, id text)");
  auto writer = open(*sink_at(server().url(), "by_price", cs::WriteMode::upsert, {"price"}));
  write(*writer, 0, {.id = "a", .price = cs::Decimal::of("1.0")});
  write(*writer, 1, {.id = "b", .price = cs::Decimal::of("2")});
  write(*writer, 2, {.id = "c", .price = cs::Decimal::of("1.00")});
  commit(*writer, 3);
  CHECK(server().sql("SELECT price, id FROM by_price ORDER BY 1") == Texts{{"1.0", "c"}, {"2", "b"}});
}

TEST_CASE("a constraint that is checked at the end of the transaction finds its row too") {
  server().sql("DROP TABLE IF EXISTS deferred; CREATE TABLE deferred (id text UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  auto writer = open(*sink_at(server().url(), "deferred"));
  for (int i = 0; i < 9; ++i) write(*writer, i, {.id = i == 6 ? "2" : std::to_string(i)});
  Refused refused;
  REQUIRE(writer->commit(9, refused));
  CHECK(refused.offsets == std::vector<std::int64_t>{6});
  CHECK(server().sql("SELECT count(*) FROM deferred") == Texts{{"8"}});
}

TEST_CASE("types that would change values are refused, types that keep them are not") {
  struct Case {
    const char* column;
    bool fits;
  };
  for (const auto& kind : {Case{"price numeric(18,8)", false}, Case{"price real", false}, Case{"price bigint", false},
                           Case{"price text", true}, Case{"\"time\" timestamptz(0)", false},
                           Case{"\"time\" timestamp(3)", true}, Case{"\"time\" date", false},
                           Case{"count integer", false}, Case{"count numeric", true}, Case{"note varchar(10)", true},
                           Case{"note integer", false}, Case{"live smallint", false}, Case{"tags text", true},
                           Case{"id text GENERATED ALWAYS AS ('x') STORED", false}, Case{"\"Price\" numeric", false}}) {
    CAPTURE(kind.column);
    server().sql(std::string("DROP TABLE IF EXISTS typed; CREATE TABLE typed (") + kind.column + ")");
    auto writer = sink_at(server().url(), "typed")->open(suite_task());
    CHECK(writer.has_value() == kind.fits);
    if (!kind.fits && !writer) CHECK(writer.error().kind() == cs::ErrorKind::configuration);
  }
}

TEST_CASE("views are no tables") {
  server().sql("CREATE OR REPLACE VIEW seen AS SELECT 'x'::text AS id");
  CHECK(open_error(*sink_at(server().url(), "seen")).kind() == cs::ErrorKind::configuration);
}
