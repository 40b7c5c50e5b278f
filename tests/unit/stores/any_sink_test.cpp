#include <cryptostream/stores/any_sink.h>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "temporary_folder.h"

namespace cs = cryptostream;

namespace {

struct Trade {
  std::string symbol;
  cs::Decimal price;
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, price)

cs::Result<cs::AnySink<Trade>> make(std::string_view uri, const cs::AnySinkOptions& options = {.table = "trades"}) {
  return cs::AnySink<Trade>::make(uri, options);
}

std::string refusal(std::string_view uri, cs::ErrorKind kind) {
  auto made = make(uri);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().kind() == kind);
  return made.error().message();
}

}  // namespace

TEST_CASE("a URI names a store, a place and a table") {
  CHECK(make("sqlite:prices.db")->description() == "SQLite table \"trades\" in prices.db");
  CHECK(make("sqlite:///var/p.db?table=other")->description() == "SQLite table \"other\" in /var/p.db");
  CHECK(make("sqlite:prices.db")->name() == "sqlite-trades");
  CHECK(make("csv:out/prices.csv")->description() == "CSV out/prices.csv");
  CHECK(make("csv:out?profile=powerbi")->name() == "csv-trades");
  CHECK(make("postgres://me:secret@h:1/db?table=app.trades&mode=upsert&key=symbol&sslmode=require")->description() ==
        "PostgreSQL table \"app\".\"trades\" at h:1/db");
  CHECK(make("postgresql://h/db")->description() == "PostgreSQL table \"trades\" at h/db");
}

TEST_CASE("postgres alone takes its URL from the environment") {
  ::unsetenv("CRYPTOSTREAM_POSTGRES_URL");
  CHECK(make("postgres")->description() == "PostgreSQL table \"trades\" at PostgreSQL of the PG* variables");
  ::setenv("CRYPTOSTREAM_POSTGRES_URL", "postgres://me:secret@elsewhere/db", 1);
  CHECK(make("postgres?table=x")->description() == "PostgreSQL table \"x\" at elsewhere/db");
  ::unsetenv("CRYPTOSTREAM_POSTGRES_URL");
}

TEST_CASE("a URI that cannot work is refused with what there is") {
  CHECK(refusal("mysql://h/db", cs::ErrorKind::usage).find("postgres://") != std::string::npos);
  CHECK(refusal("", cs::ErrorKind::usage).find("csv:FILE") != std::string::npos);
  CHECK(refusal("sqlite:", cs::ErrorKind::usage).find("sqlite:FILE") != std::string::npos);
  CHECK(refusal("sqlite:a.db?tabel=x", cs::ErrorKind::usage).find("'tabel'") != std::string::npos);
  CHECK(refusal("sqlite:a.db?mode=merge", cs::ErrorKind::usage).find("upsert") != std::string::npos);
  CHECK(refusal("csv:a.csv?profile=excel", cs::ErrorKind::usage).find("powerbi") != std::string::npos);
  CHECK(refusal("csv:a.csv?mode=upsert", cs::ErrorKind::configuration).find("upsert") != std::string::npos);
  CHECK(refusal("sqlite:a.db?mode=upsert", cs::ErrorKind::configuration).find("symbol") != std::string::npos);
  CHECK(refusal("sqlite:a.db?x", cs::ErrorKind::usage).find("name=value") != std::string::npos);
  CHECK(refusal("sqlite:a.db?table=%2", cs::ErrorKind::usage).find("%XX") != std::string::npos);
}

TEST_CASE("no message shows a password") {
  CHECK(cs::masked_sink_uri("postgres://me:secret@h/db") == "postgres://me:***@h/db");
  CHECK(cs::masked_sink_uri("postgres://me:sec/r@et@h/db?table=a") == "postgres://me:***@h/db?table=a");
  CHECK(cs::masked_sink_uri("postgres://h/db?password=secret&x=1") == "postgres://h/db?password=***&x=1");
  CHECK(cs::masked_sink_uri("postgres://me@h/db") == "postgres://me@h/db");
  CHECK(cs::has_password("postgres://me:secret@h/db"));
  CHECK_FALSE(cs::has_password("sqlite:a.db"));
  for (const char* uri : {"postgres://me:sec/ret@h/db", "postgres://me:secret@h:port/db",
                          "postgres://me:secret@h/db?what=1", "oops://me:secret@h/db"}) {
    auto made = make(uri);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message().find("secret") == std::string::npos);
    CHECK(made.error().message().find("sec/") == std::string::npos);
  }
}

TEST_CASE("a sink from a URI writes") {
  TemporaryFolder folder;
  auto sink = make("csv:" + folder.path() + "/new/");
  REQUIRE(sink.has_value());
  auto writer = sink->open({"app/sink", "topic", 0, "log"});
  REQUIRE(writer.has_value());
  struct : cs::Rejections {
    cs::Result<void> reject(std::int64_t, const cs::Error& why) override { return cs::fail(why); }
  } none;
  Trade trade{"BTC", cs::Decimal::of("1.00")};
  REQUIRE((*writer)->write({nullptr, &trade, {}, 0, {}}));
  REQUIRE((*writer)->commit(1, none));
  CHECK(std::filesystem::file_size(folder.path() + "/new/trades.csv") ==
        std::string_view("symbol,price\nBTC,1.00\n").size());
}
