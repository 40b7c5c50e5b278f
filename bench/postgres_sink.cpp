// The PostgreSQL sink against psql's COPY (insert) and a bare libpq loop (upsert): the same rows, tables, keys and
// indexes on the same server.
//
// bench/run postgres_sink [--rows N] [--batch N] [--runs N]: one JSON line. Runs alternate; figures are medians of rows
// per second. The sink encodes its rows while the others have theirs ready as COPY text.
#include "postgres_server.h"

#include <cryptostream/data/schema.h>
#include <cryptostream/stores/postgres/sink.h>

#include <fmt/format.h>

#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace cs = cryptostream;

namespace {

struct Trade {
  std::string symbol;
  std::string currency;
  cs::Decimal price;
  cs::Decimal volume;
  std::string side;
  std::int64_t trade_id = 0;
  cs::Timestamp time;
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, currency, price, volume, side, trade_id, time)

constexpr const char* columns = "symbol, currency, price, volume, side, trade_id, time";

using Batch = std::vector<Trade>;

struct Workload {
  std::vector<Batch> batches;
  std::vector<std::string> texts;  // of each batch, as COPY takes it
  std::size_t rows = 0;
};

Workload make_workload(std::size_t rows, std::size_t batch) {
  Workload work;
  work.rows = rows;
  std::mt19937_64 random(7);
  for (std::size_t row = 0; row < rows; ++row) {
    if (row % batch == 0) {
      work.batches.emplace_back();
      work.texts.emplace_back();
    }
    Trade trade;
    trade.symbol = fmt::format("SYM{}", random() % 1000);
    trade.currency = random() % 2 == 0 ? "EUR" : "USD";
    trade.price = cs::Decimal::of(fmt::format("{}.{:02}", random() % 100'000, random() % 100));
    trade.volume = cs::Decimal::of(fmt::format("0.{:04}", random() % 10'000));
    trade.side = random() % 2 == 0 ? "buy" : "sell";
    trade.trade_id = static_cast<std::int64_t>(row);
    trade.time = {1'700'000'000'000 + static_cast<std::int64_t>(row)};
    work.texts.back() +=
        fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", trade.symbol, trade.currency, trade.price.to_string(),
                    trade.volume.to_string(), trade.side, trade.trade_id, trade.time.to_string());
    work.batches.back().push_back(std::move(trade));
  }
  return work;
}

struct NoRejections final : cs::Rejections {
  cs::Result<void> reject(std::int64_t, const cs::Error& why) override { return cs::fail(why); }
};

template <class T>
T must(cs::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double seconds(const std::function<void()>& work) {
  auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Seconds that the sink needs for all batches; opening it is not counted.
double run_sink(const std::string& url, const Workload& work, cs::WriteMode mode) {
  static int runs = 0;
  cs::PostgresSink<Trade> sink{
      "trades",
      {.mode = mode,
       .key = mode == cs::WriteMode::upsert ? std::vector<std::string>{"trade_id"} : std::vector<std::string>{},
       .url = url}};
  auto writer = must(sink.open({fmt::format("bench/{}", ++runs), "trades", 0, "log"}));
  NoRejections none;
  return seconds([&] {
    std::int64_t offset = 0;
    for (const auto& batch : work.batches) {
      for (const auto& trade : batch) must(writer->write({nullptr, &trade, trade.time, offset++, {}}));
      must(writer->commit(offset, none));
    }
  });
}

double run_psql(const testing_servers::PostgresServer& server, const std::string& script) {
  auto command = fmt::format("psql -q -X -v ON_ERROR_STOP=1 '{}' -f {}", server.url(), script);
  return seconds([&] {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("psql failed");
  });
}

void check(PGconn* connection, PGresult* result, ExecStatusType wanted) {
  auto status = PQresultStatus(result);
  PQclear(result);
  if (status != wanted) throw std::runtime_error(PQerrorMessage(connection));
}

/// The loop one would write by hand: COPY into a temporary table, INSERT … ON CONFLICT from it, one transaction a
/// batch.
double run_bare_upsert(const std::string& url, const Workload& work) {
  PGconn* connection = PQconnectdb(url.c_str());
  auto execute = [&](const char* sql) { check(connection, PQexec(connection, sql), PGRES_COMMAND_OK); };
  execute("CREATE TEMPORARY TABLE batch ON COMMIT DELETE ROWS AS SELECT * FROM trades WITH NO DATA");
  auto took = seconds([&] {
    for (const auto& text : work.texts) {
      execute("BEGIN");
      check(connection, PQexec(connection, "COPY batch FROM STDIN"), PGRES_COPY_IN);
      if (PQputCopyData(connection, text.data(), static_cast<int>(text.size())) != 1 ||
          PQputCopyEnd(connection, nullptr) != 1)
        throw std::runtime_error(PQerrorMessage(connection));
      check(connection, PQgetResult(connection), PGRES_COMMAND_OK);
      PQclear(PQgetResult(connection));
      execute(
          "INSERT INTO trades SELECT * FROM batch ON CONFLICT (trade_id) DO UPDATE SET symbol = EXCLUDED.symbol, "
          "currency = EXCLUDED.currency, "
          "price = EXCLUDED.price, volume = EXCLUDED.volume, side = EXCLUDED.side, time = EXCLUDED.time");
      execute("COMMIT");
    }
  });
  PQfinish(connection);
  return took;
}

constexpr const char* make_table =
    "DROP TABLE IF EXISTS trades; CREATE TABLE trades (symbol text NOT NULL, currency text NOT NULL, price numeric NOT "
    "NULL, volume numeric NOT NULL, "
    "side text NOT NULL, trade_id bigint NOT NULL{}, time timestamptz NOT NULL)";

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

long option(int count, char** arguments, const std::string& name, long fallback) {
  for (int i = 1; i + 1 < count; ++i)
    if (arguments[i] == name) return std::strtol(arguments[i + 1], nullptr, 10);
  return fallback;
}

}  // namespace

int main(int count, char** arguments) try {
  auto rows = static_cast<std::size_t>(option(count, arguments, "--rows", 300'000));
  auto batch = static_cast<std::size_t>(option(count, arguments, "--batch", 10'000));
  auto runs = static_cast<int>(option(count, arguments, "--runs", 5));
  auto work = make_workload(rows, batch);
  ::setenv("PG_UP_SHARED_BUFFERS", "256MB", 0);
  ::setenv("PG_UP_MAX_WAL", "2GB", 0);
  testing_servers::PostgresServer server;

  auto script = server.folder() + "/copy.sql", nothing = server.folder() + "/nothing.sql",
       all = server.folder() + "/even";
  std::ofstream copy(script);
  for (std::size_t i = 0; i < work.texts.size(); ++i) {
    auto file = fmt::format("{}/batch{}", server.folder(), i);
    std::ofstream(file) << work.texts[i];
    copy << fmt::format("\\copy trades ({}) from '{}'\n", columns, file);
  }
  copy.close();
  std::ofstream(nothing) << "SELECT 1 \\g /dev/null\n";
  {
    std::ofstream half(all);  // every second key is there before an upsert
    for (const auto& text : work.texts) {
      bool even = true;
      for (std::size_t at = 0; at < text.size(); even = !even) {
        auto end = text.find('\n', at) + 1;
        if (even) half << std::string_view(text).substr(at, end - at);
        at = end;
      }
    }
  }
  auto fresh = [&](bool keyed) {
    server.sql(fmt::format(fmt::runtime(make_table), keyed ? " PRIMARY KEY" : ""));
    if (keyed) {
      std::ofstream(script + ".half") << fmt::format("\\copy trades ({}) from '{}'\n", columns, all);
      run_psql(server, script + ".half");
    }
    server.sql("CHECKPOINT");
  };

  run_psql(server, nothing);
  std::vector<double> starts, psql, insert, bare, upsert;
  for (int run = 0; run < runs; ++run) {
    starts.push_back(run_psql(server, nothing));
    fresh(false);
    psql.push_back(run_psql(server, script));
    fresh(false);
    insert.push_back(run_sink(server.url(), work, cs::WriteMode::insert));
    fresh(true);
    bare.push_back(run_bare_upsert(server.url(), work));
    fresh(true);
    upsert.push_back(run_sink(server.url(), work, cs::WriteMode::upsert));
  }
  auto per_second = [&](double took) { return static_cast<double>(rows) / took; };
  double copy_rate = per_second(median(psql) - median(starts)), insert_rate = per_second(median(insert));
  double bare_rate = per_second(median(bare)), upsert_rate = per_second(median(upsert));
  fmt::print(
      "{{\"bench\":\"postgres_sink\",\"rows\":{},\"batch\":{},\"runs\":{},\"insert_rows_per_s\":{:.0f},\"psql_copy_"
      "rows_per_s\":{:.0f},"
      "\"insert_ratio\":{:.3f},\"upsert_rows_per_s\":{:.0f},\"bare_upsert_rows_per_s\":{:.0f},\"upsert_ratio\":{:.3f}}}"
      "\n",
      rows, batch, runs, insert_rate, copy_rate, insert_rate / copy_rate, upsert_rate, bare_rate,
      upsert_rate / bare_rate);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench postgres_sink: {}\n", error.what());
  return 1;
}
