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
constexpr int reads_a_round = 3;
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

class Ours {
 public:
  explicit Ours(cs::Synchronous synchronous) {
    cs::LocalBrokerOptions options;
    options.synchronous = synchronous;
    broker_ = cs::local_broker(folder_.path / "log.db", options);
    cs::TopicSpec spec;
    spec.name = "t";
    must(broker_->create_topic(spec));
    cs::ProducerOptions producer_options;
    producer_options.transactional_id = "p";
    producer_ = must(broker_->producer(producer_options));
    consumer_ = must(broker_->consumer(cs::Isolation::read_committed));
    cs::Assignment assignment{partition_, 0};
    must(consumer_->assign({&assignment, 1}));
  }

  void write() {
    for (int i = 0; i < commits; ++i) {
      must(producer_->begin());
      for (int j = 0; j < records_a_commit; ++j)
        must(producer_->send({&partition_, {1'700'000'000'000 + j}, key, value, headers}));
      must(producer_->commit());
    }
  }

  void read() {
    must(consumer_->seek(0, 0));
    std::size_t bytes = 0;
    for (;;) {
      auto batch = must(consumer_->poll(1'000, std::chrono::milliseconds(0)));
      if (batch.empty()) break;
      for (auto& record : batch) bytes += record.key->size() + record.value->size() + record.headers.packed().size();
    }
    expect(bytes);
  }

 private:
  Folder folder_;
  cs::TopicPartition partition_{"t", 0};
  std::shared_ptr<cs::Broker> broker_;
  std::unique_ptr<cs::Producer> producer_;
  std::unique_ptr<cs::Consumer> consumer_;
};

/// A writing and a reading connection, as the log has them.
class Bare {
 public:
  explicit Bare(cs::Synchronous synchronous) {
    auto file = folder_.path / "bare.db";
    must(sqlite3_open(file.c_str(), &writer_));
    run("PRAGMA journal_mode = WAL");
    run(synchronous == cs::Synchronous::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    run("CREATE TABLE records(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB)");
    must(sqlite3_prepare_v2(writer_, "INSERT INTO records VALUES(?, ?, ?, ?, ?)", -1, &insert_, nullptr));
    must(sqlite3_open(file.c_str(), &reader_));
    must(sqlite3_prepare_v2(reader_, "SELECT id, time, key, value, headers FROM records WHERE id >= 0", -1, &select_,
                            nullptr));
  }
  ~Bare() {
    sqlite3_finalize(insert_);
    sqlite3_finalize(select_);
    sqlite3_close(reader_);
    sqlite3_close(writer_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  void write() {
    auto bind = [&](int index, std::string_view bytes) {
      sqlite3_bind_blob64(insert_, index, bytes.data(), bytes.size(), SQLITE_STATIC);
    };
    for (int i = 0; i < commits; ++i) {
      run("BEGIN IMMEDIATE");
      for (int j = 0; j < records_a_commit; ++j) {
        sqlite3_bind_int64(insert_, 1, i * records_a_commit + j);
        sqlite3_bind_int64(insert_, 2, 1'700'000'000'000 + j);
        bind(3, key);
        bind(4, value);
        bind(5, headers.view().packed());
        must(sqlite3_step(insert_), SQLITE_DONE);
        sqlite3_reset(insert_);
      }
      run("COMMIT");
    }
  }

  void read() {
    std::size_t bytes = 0;
    std::int64_t sum = 0;
    while (sqlite3_step(select_) == SQLITE_ROW) {
      sum += sqlite3_column_int64(select_, 0) + sqlite3_column_int64(select_, 1);
      for (int column = 2; column < 5; ++column) {
        auto* data = static_cast<const char*>(sqlite3_column_blob(select_, column));
        auto size = sqlite3_column_bytes(select_, column);
        bytes += static_cast<std::size_t>(size);
        sum += data[size - 1];
      }
    }
    sqlite3_reset(select_);
    asm volatile("" : : "r"(sum) : "memory");
    expect(bytes);
  }

 private:
  void run(const char* sql) { must(sqlite3_exec(writer_, sql, nullptr, nullptr, nullptr)); }

  Folder folder_;
  sqlite3* writer_ = nullptr;
  sqlite3* reader_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
};

double median(std::vector<double> times) {
  auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

double rate(const std::vector<double>& times) { return records / median(times); }

}  // namespace

int main() try {
  std::string results;
  for (auto synchronous : {cs::Synchronous::full, cs::Synchronous::normal}) {
    Times log;
    Times loop;
    for (int round = 0; round < rounds; ++round) {
      Ours ours(synchronous);
      Bare bare(synchronous);
      log.write.push_back(seconds([&] { ours.write(); }));
      loop.write.push_back(seconds([&] { bare.write(); }));
      for (int again = 0; again < reads_a_round; ++again) {
        log.read.push_back(seconds([&] { ours.read(); }));
        loop.read.push_back(seconds([&] { bare.read(); }));
      }
    }
    const char* name = synchronous == cs::Synchronous::full ? "full" : "normal";
    results += fmt::format(
        ",\"{0}\":{{\"write_per_s\":{1:.0f},\"bare_write_per_s\":{2:.0f},\"write_to_bare\":{3:.2f},"
        "\"read_per_s\":{4:.0f},\"bare_read_per_s\":{5:.0f},\"read_to_bare\":{6:.2f}}}",
        name, rate(log.write), rate(loop.write), rate(log.write) / rate(loop.write), rate(log.read), rate(loop.read),
        rate(log.read) / rate(loop.read));
  }
  fmt::print("{{\"benchmark\":\"local_log\",\"records\":{},\"records_a_commit\":{},\"value_bytes\":{}{}}}\n", records,
             records_a_commit, value.size(), results);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
