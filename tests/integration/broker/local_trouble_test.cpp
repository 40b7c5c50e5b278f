// A local log in bad surroundings: full disks, locks, missing rights, damaged files. Clear errors, nothing lost.
#include "helper_process.h"
#include "logs.h"

#include <cryptostream/core/fail_point.h>
#include <cryptostream/core/log.h>
#include <cryptostream/local/log_file.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <mutex>

#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace conformance;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  TemporaryFolder folder;
  fs::path file = folder.path() / "log.db";
  TopicPartition t{"t", 0};
  ~Fixture() { set_fail_points(""); }
};

/// Plain SQLite on the log's file, to look behind the curtain and to get in the way.
class Sqlite {
 public:
  explicit Sqlite(const fs::path& file) { REQUIRE(sqlite3_open(file.c_str(), &db_) == SQLITE_OK); }
  ~Sqlite() { sqlite3_close(db_); }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  std::int64_t run(const char* sql) {
    std::int64_t answer = 0;
    auto note = [](void* into, int, char** columns, char**) {
      *static_cast<std::int64_t*>(into) = columns[0] ? std::atoll(columns[0]) : 0;
      return 0;
    };
    INFO(sql);
    CHECK(sqlite3_exec(db_, sql, note, &answer, nullptr) == SQLITE_OK);
    return answer;
  }

 private:
  sqlite3* db_ = nullptr;
};

void begin_large(Producer& producer, const TopicPartition& to) {
  must(producer.begin());
  std::string value(10'000, 'x');
  for (int i = 0; i < 100; ++i) send(producer, to, "k", value);
}

std::string message_of(Broker& broker, ErrorKind kind) {
  auto id = broker.log_id();
  CHECK(error_kind(id) == kind);
  return message(id);
}

/// No file of this process may grow beyond `bytes` meanwhile: a full disk for everybody who is not root, too.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_signal_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit{bytes, old_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_signal_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_signal_)(int) = nullptr;
};

/// A file system of one megabyte, where the user may mount one.
struct SmallDisk {
  explicit SmallDisk(const fs::path& at)
      : folder(at), mounted(::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=1m") == 0) {}
  ~SmallDisk() {
    if (mounted) ::umount2(folder.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const fs::path folder;
  const bool mounted;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a full disk keeps the transaction until there is room") {
  auto broker = local_broker(file);
  make_topic(*broker, "t");
  write(*broker, t, 0, 10);
  auto producer = transactional(*broker, "p");
  begin_large(*producer, t);
  {
    FileSizeLimit limit(300'000);
    for (int i = 0; i < 3; ++i) {
      auto outcome = producer->commit();
      CHECK(error_kind(outcome) == ErrorKind::unavailable);
      INFO(message(outcome));
      CHECK(contains(message(outcome), "no room left"));
      CHECK(contains(message(outcome), file.string()));
    }
    CHECK(read_values(*broker, t).size() == 10);
  }
  commit(*producer);
  CHECK(read_values(*broker, t).size() == 110);
}

TEST_CASE_FIXTURE(Fixture, "a file system without space is a full disk") {
  SmallDisk disk(folder.path());
  if (!disk.mounted) {
    MESSAGE("mounting a small file system needs more rights; the size limit above stands for it");
    return;
  }
  {
    auto broker = local_broker(file);
    make_topic(*broker, "t");
    auto producer = transactional(*broker, "p");
    auto ballast = folder.path() / "ballast";
    std::ofstream(ballast) << std::string(700'000, 'b');
    must(producer->begin());
    for (int i = 0; i < 30; ++i) send(*producer, t, "k", std::string(10'000, 'x'));
    auto outcome = producer->commit();
    CHECK(error_kind(outcome) == ErrorKind::unavailable);
    CHECK(contains(message(outcome), "no room left"));
    CHECK(read_values(*broker, t).empty());
    fs::remove(ballast);
    commit(*producer);
    CHECK(read_values(*broker, t).size() == 30);
  }
}

TEST_CASE_FIXTURE(Fixture, "a log locked by another process is a temporary error, and goes on when it is free") {
  LocalBrokerOptions options;
  options.busy_timeout = 30ms;
  auto broker = local_broker(file, options);
  make_topic(*broker, "t");
  auto producer = transactional(*broker, "p");
  auto group = join(*broker, "g");
  Sqlite other(file);
  other.run("BEGIN IMMEDIATE");
  must(producer->begin());
  send(*producer, t, "k", "v");
  auto outcome = producer->commit();
  CHECK(error_kind(outcome) == ErrorKind::temporary);
  CHECK(contains(message(outcome), "locked by another process"));
  CHECK(error_kind(group->commit({{t, {1}}})) == ErrorKind::temporary);
  CHECK(error_kind(broker->hold("h", t, 0)) == ErrorKind::temporary);
  CHECK(read_values(*broker, t).empty());  // reading needs no lock
  other.run("COMMIT");
  commit(*producer);
  CHECK(read_values(*broker, t) == Texts{"v"});
}

TEST_CASE_FIXTURE(Fixture, "a log without write permission is named, with what to do") {
  must(local_broker(file)->log_id());
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(file, fs::perms(0666));
  auto probe = [&](const fs::path& path) {
    HelperProcess helper({"probe", path.string()});
    return helper.line().value_or("");
  };
  SUBCASE("the file is read-only") {
    fs::permissions(file, fs::perms(0444));
    auto answer = probe(file);
    CHECK(contains(answer, "error permission"));
    CHECK(contains(answer, "writable for this user"));
  }
  SUBCASE("the folder is read-only") {
    if (::geteuid() != 0) fs::permissions(folder.path(), fs::perms(0555));
    CHECK(contains(probe(file), "error permission"));
  }
  SUBCASE("the file cannot be made") {
    if (::geteuid() != 0) fs::permissions(folder.path(), fs::perms(0555));
    CHECK(contains(probe(folder.path() / "new.db"), "error permission"));
  }
  SUBCASE("the folder cannot be made") {
    if (::geteuid() != 0) fs::permissions(folder.path(), fs::perms(0555));
    CHECK(contains(probe(folder.path() / "deep" / "new.db"), "error permission"));
  }
  fs::permissions(folder.path(), fs::perms(0755));
}

TEST_CASE_FIXTURE(Fixture, "a file that is no log is refused and left as it is") {
  SUBCASE("text") {
    std::ofstream(file) << std::string(5'000, 't');
    CHECK(contains(message_of(*local_broker(file), ErrorKind::configuration), "no SQLite database"));
    CHECK(fs::file_size(file) == 5'000);
  }
  SUBCASE("another program's database") {
    Sqlite(file).run("CREATE TABLE prices(x)");
    CHECK(contains(message_of(*local_broker(file), ErrorKind::configuration), "something else"));
    CHECK(Sqlite(file).run("SELECT count(*) FROM sqlite_schema") == 1);
  }
  SUBCASE("a folder") {
    fs::create_directory(file);
    CHECK(contains(message_of(*local_broker(file), ErrorKind::configuration), "folder"));
  }
  SUBCASE("below a file") {
    std::ofstream(folder.path() / "plain") << "x";
    message_of(*local_broker(folder.path() / "plain" / "log.db"), ErrorKind::configuration);
  }
  SUBCASE("a newer format") {
    must(local_broker(file)->log_id());
    Sqlite(file).run("PRAGMA user_version = 2");
    auto message = message_of(*local_broker(file), ErrorKind::configuration);
    CHECK(contains(message, "format 2"));
    CHECK(contains(message, "newer version"));
  }
}

TEST_CASE_FIXTURE(Fixture, "a damaged file is a failure, not a wrong answer") {
  {
    auto broker = local_broker(file);
    make_topic(*broker, "t");
    write(*broker, t, 0, 20'000);
  }
  auto size = fs::file_size(file);
  std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
  for (std::uintmax_t at = 30 * 4096; at < size; at += 4096) {
    damage.seekp(static_cast<std::streamoff>(at));
    damage << std::string(600, '\xee');
  }
  damage.close();
  auto broker = local_broker(file);
  auto consumer = reader(*broker, t);
  int next = 0;
  for (;;) {
    auto polled = consumer->poll(500, 0ms);
    if (!polled) {
      CHECK(error_kind(polled) == ErrorKind::failure);
      CHECK(contains(message(polled), "damaged"));
      break;
    }
    REQUIRE_FALSE(polled->empty());
    for (auto& record : *polled) CHECK(record.value == std::to_string(next++));
  }
}

TEST_CASE_FIXTURE(Fixture, "a commit whose answer is lost is found in the log and not written again") {
  auto broker = local_broker(file);
  make_topic(*broker, "t");
  auto producer = transactional(*broker, "p");
  must(producer->begin());
  send(*producer, t, "k", "before");
  set_fail_points("local.commit.before=error");
  CHECK(error_kind(producer->commit()) == ErrorKind::unavailable);
  CHECK(read_values(*broker, t).empty());
  commit(*producer);
  for (int i = 0; i < 2; ++i) {
    must(producer->begin());
    send(*producer, t, "k", "after");
    set_fail_points("local.commit.after=error");
    CHECK(must(producer->commit()) == CommitOutcome::unknown);
    commit(*producer);
  }
  CHECK(read_values(*broker, t) == Texts{"before", "after", "after"});
}

TEST_CASE_FIXTURE(Fixture, "a transaction beyond the producer's buffer is refused, and the producer goes on") {
  auto broker = local_broker(file);
  make_topic(*broker, "t");
  ProducerOptions options;
  options.transactional_id = "p";
  options.buffer_bytes = 10'000;
  auto producer = must(broker->producer(options));
  must(producer->begin());
  std::string value(1'000, 'x');
  Result<void> sent;
  int count = 0;
  while (sent && count < 100) {
    sent = try_send(*producer, t, "k", value);
    ++count;
  }
  CHECK(error_kind(sent) == ErrorKind::failure);
  CHECK(count == 10);
  must(producer->abort());
  must(producer->begin());
  send(*producer, t, "k", std::string(50'000, 'y'));  // one record always fits
  commit(*producer);
  CHECK(read_values(*broker, t).size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a transaction into a topic deleted meanwhile fails, and after abort() finds the new one") {
  auto broker = local_broker(file);
  make_topic(*broker, "t");
  auto producer = transactional(*broker, "p");
  must(producer->begin());
  send(*producer, t, "k", "old");
  must(broker->delete_topic("t"));
  make_topic(*broker, "t");
  auto outcome = producer->commit();
  CHECK(error_kind(outcome) == ErrorKind::failure);
  CHECK(contains(message(outcome), "deleted"));
  must(producer->abort());
  must(producer->begin());
  send(*producer, t, "k", "new");
  commit(*producer);
  CHECK(read_values(*broker, t) == Texts{"new"});
}

TEST_CASE_FIXTURE(Fixture, "the log and its side files are for their user alone, and outlive the broker") {
  std::string id;
  {
    auto broker = local_broker(file);
    id = must(broker->log_id());
    make_topic(*broker, "t");
    write(*broker, t, 0, 3);
    auto group = join(*broker, "g");
    must(group->commit({{t, {2, "m"}}}));
    for (auto& entry : fs::directory_iterator(folder.path()))
      CHECK_MESSAGE((entry.status().permissions() & fs::perms(0077)) == fs::perms::none, entry.path().string());
  }
  auto broker = local_broker(file);
  CHECK(must(broker->log_id()) == id);
  CHECK(read_values(*broker, t) == Texts{"0", "1", "2"});
  CHECK(must(broker->group_offsets("g"))[t].metadata == "m");
}

TEST_CASE_FIXTURE(Fixture, "a log deleted under its users is noticed by writers and waiting readers") {
  auto broker = local_broker(file);
  make_topic(*broker, "t");
  auto producer = transactional(*broker, "p");
  auto consumer = reader(*broker, t);
  must(producer->begin());
  send(*producer, t, "k", "v");
  fs::rename(file, folder.path() / "elsewhere.db");
  auto outcome = producer->commit();
  CHECK(error_kind(outcome) == ErrorKind::failure);
  CHECK(contains(message(outcome), "moved or deleted"));
  CHECK(error_kind(consumer->poll(1, 20s)) == ErrorKind::failure);
}

TEST_CASE_FIXTURE(Fixture,
                  "a topic that may not be trimmed says who holds it, once, and a deleted one gives its records back") {
  std::mutex mutex;
  Texts lines;
  set_log_handler([&](LogLevel level, std::string_view, std::string_view message) {
    std::lock_guard lock(mutex);
    if (level == LogLevel::warning) lines.emplace_back(message);
  });
  auto said = [&] {
    std::lock_guard lock(mutex);
    return lines;
  };
  {
    auto broker = local_broker(file);
    TopicSpec spec;
    spec.name = "t";
    spec.retention_bytes = 1'000;
    must(broker->create_topic(spec));
    must(broker->hold("sink of prices", t, 0));
    write(*broker, t, 0, 1'000);
    eventually("said", [&] { return !said().empty(); });
    write(*broker, t, 0, 1);
    auto all = said();
    CHECK(all.size() == 1);
    CHECK(contains(all[0], "\"t\""));
    CHECK(contains(all[0], "sink of prices"));
    must(broker->delete_topic("t"));
    Sqlite sqlite(file);
    eventually("records deleted", [&] { return sqlite.run("SELECT count(*) FROM records") == 0; });
    CHECK(sqlite.run("SELECT count(*) FROM partitions") == 0);
  }
  set_log_handler({});
}

TEST_CASE_FIXTURE(Fixture, "the write-ahead log is cut off once it is long and nobody reads in it") {
  LocalBrokerOptions options;
  options.synchronous = Synchronous::off;
  auto broker = local_broker(file, options);
  make_topic(*broker, "t");
  auto wal = file;
  wal += "-wal";
  auto producer = must(broker->producer({}));
  {
    Sqlite reader(file);
    reader.run("BEGIN; SELECT count(*) FROM log");
    std::string value(1 << 20, 'x');
    for (int i = 0; i < 72; ++i) {
      send(*producer, t, "k", value);
      must(producer->flush(10s));
    }
    CHECK(fs::file_size(wal) > (64u << 20));
  }
  for (int i = 0; i < 20; ++i) {
    send(*producer, t, "k", std::string(1 << 20, 'y'));
    must(producer->flush(10s));
  }
  CHECK(fs::file_size(wal) <= (64u << 20));
}

TEST_CASE("network file systems are known by number") {
  CHECK(std::string(local::network_file_system(0x6969)) == "NFS");
  CHECK(std::string(local::network_file_system(0xff534d42)) == "SMB");
  CHECK(local::network_file_system(0xef53) == nullptr);      // ext4
  CHECK(local::network_file_system(0x01021994) == nullptr);  // tmpfs
}
