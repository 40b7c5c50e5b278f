// The local log against a bare SQLite loop: the same rows in the same kind of table, with the same `synchronous`.
#include <cryptostream/local/local.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <sqlite3.h>

namespace cs = cryptostream;

namespace {

constexpr int rounds = 9;
constexpr int commits = 20;
constexpr int records_a_commit = 10'000;
constexpr int records = commits * records_a_commit;

const std::string key = "BTC-USD";
const std::string value(150, 'v');
const cs::Headers headers = cs::Headers().add("cryptostream.type", "quote/1");

template <class T>
T must(cs::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

void must(int code, int expected = SQLITE_OK) {
  if (code != expected) throw std::runtime_error(sqlite3_errstr(code));
}

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::current_path() / "bench-local-log-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder here");
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

double seconds(auto work) {
  auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct Times {
  std::vector<double> write;
  std::vector<double> read;
};

void expect(std::size_t bytes) {
  if (bytes != records * (key.size() + value.size() + headers.view().packed().size()))
    throw std::runtime_error("what was read is not what was written");
}

void ours(Times& times, cs::Synchronous synchronous) {
  Folder folder;
  cs::LocalBrokerOptions options;
  options.synchronous = synchronous;
  auto broker = cs::local_broker(folder.path / "log.db", options);
  cs::TopicSpec spec;
  spec.name = "t";
  must(broker->create_topic(spec));
  cs::TopicPartition partition{"t", 0};
  cs::ProducerOptions producer_options;
  producer_options.transactional_id = "p";
  auto producer = must(broker->producer(producer_options));
  times.write.push_back(seconds([&] {
    for (int i = 0; i < commits; ++i) {
      must(producer->begin());
      for (int j = 0; j < records_a_commit; ++j)
        must(producer->send({&partition, {1'700'000'000'000 + j}, key, value, headers}));
      must(producer->commit());
    }
  }));
  auto consumer = must(broker->consumer(cs::Isolation::read_committed));
  cs::Assignment assignment{partition, 0};
  must(consumer->assign({&assignment, 1}));
  times.read.push_back(seconds([&] {
    std::size_t bytes = 0;
    for (;;) {
      auto batch = must(consumer->poll(1'000, std::chrono::milliseconds(0)));
      if (batch.empty()) break;
      for (auto& record : batch) bytes += record.key->size() + record.value->size() + record.headers.packed().size();
    }
    expect(bytes);
  }));
}

void bare(Times& times, cs::Synchronous synchronous) {
  Folder folder;
  sqlite3* db = nullptr;
  must(sqlite3_open((folder.path / "bare.db").c_str(), &db));
  auto run = [&](const char* sql) { must(sqlite3_exec(db, sql, nullptr, nullptr, nullptr)); };
  run("PRAGMA journal_mode = WAL");
  run(synchronous == cs::Synchronous::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  run("CREATE TABLE records(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB)");
  sqlite3_stmt* insert = nullptr;
  must(sqlite3_prepare_v2(db, "INSERT INTO records VALUES(?, ?, ?, ?, ?)", -1, &insert, nullptr));
  auto bind = [&](int index, std::string_view bytes) {
    sqlite3_bind_blob64(insert, index, bytes.data(), bytes.size(), SQLITE_STATIC);
  };
  times.write.push_back(seconds([&] {
    for (int i = 0; i < commits; ++i) {
      run("BEGIN IMMEDIATE");
      for (int j = 0; j < records_a_commit; ++j) {
        sqlite3_bind_int64(insert, 1, i * records_a_commit + j);
        sqlite3_bind_int64(insert, 2, 1'700'000'000'000 + j);
        bind(3, key);
        bind(4, value);
        bind(5, headers.view().packed());
        must(sqlite3_step(insert), SQLITE_DONE);
        sqlite3_reset(insert);
      }
      run("COMMIT");
    }
  }));
  sqlite3_finalize(insert);
  // As a reader of its own, like a consumer.
  sqlite3* reader = nullptr;
  must(sqlite3_open((folder.path / "bare.db").c_str(), &reader));
  sqlite3_stmt* select = nullptr;
  must(sqlite3_prepare_v2(reader, "SELECT id, time, key, value, headers FROM records WHERE id >= 0", -1, &select, nullptr));
  times.read.push_back(seconds([&] {
    std::size_t bytes = 0;
    std::int64_t sum = 0;
    while (sqlite3_step(select) == SQLITE_ROW) {
      sum += sqlite3_column_int64(select, 0) + sqlite3_column_int64(select, 1);
      for (int column = 2; column < 5; ++column) {
        auto* data = static_cast<const char*>(sqlite3_column_blob(select, column));
        auto size = sqlite3_column_bytes(select, column);
        bytes += static_cast<std::size_t>(size);
        sum += data[size - 1];
      }
    }
    asm volatile("" : : "r"(sum) : "memory");
    expect(bytes);
  }));
  sqlite3_finalize(select);
  sqlite3_close(reader);
  sqlite3_close(db);
}

double rate(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return records / times[rounds / 2];
}

}  // namespace

int main() try {
  std::string results;
  for (auto synchronous : {cs::Synchronous::full, cs::Synchronous::normal}) {
    Times log;
    Times loop;
    for (int round = 0; round < rounds; ++round) {
      ours(log, synchronous);
      bare(loop, synchronous);
    }
    const char* name = synchronous == cs::Synchronous::full ? "full" : "normal";
    results += fmt::format(",\"{0}\":{{\"write_per_s\":{1:.0f},\"bare_write_per_s\":{2:.0f},\"write_to_bare\":{3:.2f},"
                           "\"read_per_s\":{4:.0f},\"bare_read_per_s\":{5:.0f},\"read_to_bare\":{6:.2f}}}",
                           name, rate(log.write), rate(loop.write), rate(log.write) / rate(loop.write), rate(log.read),
                           rate(loop.read), rate(log.read) / rate(loop.read));
  }
  fmt::print("{{\"benchmark\":\"local_log\",\"records\":{},\"records_a_commit\":{},\"value_bytes\":{}{}}}\n", records,
             records_a_commit, value.size(), results);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
