#include <cryptostream/local/log_file.h>

#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/core/log.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace cryptostream::local {
namespace {

constexpr std::int64_t application_id = 0x43537472;  // "CStr", in the file's header
constexpr std::int64_t format_version = 1;

constexpr std::size_t most_record_bytes = 900'000'000;  // SQLite's limit for a row is a little more

constexpr const char* schema = R"(
CREATE TABLE log(id TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE topics(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL, compacted INTEGER NOT NULL,
  retention_bytes INTEGER NOT NULL, retention_ms INTEGER NOT NULL);
CREATE TABLE partitions(
  id INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, number INTEGER NOT NULL,
  first_offset INTEGER NOT NULL DEFAULT 0, next_offset INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
  clean_offset INTEGER NOT NULL DEFAULT 0, clean_rows INTEGER NOT NULL DEFAULT 0, UNIQUE(topic, number));
CREATE TABLE dropped_partitions(id INTEGER PRIMARY KEY);
CREATE TABLE records(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB);
CREATE TABLE blocks(
  partition INTEGER, block INTEGER, time INTEGER NOT NULL, PRIMARY KEY(partition, block)) WITHOUT ROWID;
CREATE TABLE tombstones(id INTEGER PRIMARY KEY, since INTEGER NOT NULL);
CREATE TABLE groups(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE committed(
  group_id INTEGER, partition INTEGER, offset INTEGER NOT NULL, metadata TEXT NOT NULL,
  PRIMARY KEY(group_id, partition)) WITHOUT ROWID;
CREATE TABLE holds(
  holder TEXT, partition INTEGER, offset INTEGER NOT NULL, PRIMARY KEY(holder, partition)) WITHOUT ROWID;
CREATE TABLE producers(id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID;
)";

ErrorKind kind_of(int cause) {
  switch (cause) {
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::permission;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ENOENT:
      return ErrorKind::configuration;
    default:
      return ErrorKind::unavailable;
  }
}

/// SQLite's locks and shared memory do not hold over a network: a log there would be damaged silently.
Result<void> refuse_network(const std::string& folder, const std::string& name) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return {};
  auto* kind = network_file_system(static_cast<std::uint32_t>(info.f_type));
  if (kind == nullptr) return {};
  return fail(
      ErrorKind::configuration,
      fmt::format(
          "local log {} lies on a network file system ({}), where its locks do not hold: put it on a local disk", name,
          kind));
}

/// Makes folder and file, for this user alone. SQLite gives its side files the same rights.
Result<void> make_file(const std::filesystem::path& path, const std::string& name) {
  std::error_code error;
  auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::exists(folder, error)) {
    std::filesystem::create_directories(folder, error);
    if (error)
      return fail(kind_of(error.value()),
                  fmt::format("local log {}: cannot make its folder: {}", name, error.message()));
  }
  CRYPTOSTREAM_TRY(refuse_network(folder.string(), name));
  // Only when it is not there: closing a descriptor of the file would drop the locks of other connections of this
  // process.
  struct stat info {};
  if (::stat(name.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode))
      return fail(ErrorKind::configuration, fmt::format("local log {}: this is a folder, name a file", name));
    return {};
  }
  int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno != EEXIST)
    return fail(kind_of(errno), fmt::format("local log {}: cannot make the file: {}", name, std::strerror(errno)));
  if (file >= 0) ::close(file);
  return {};
}

Result<void> make_schema(Connection& connection, Timestamp now) {
  CRYPTOSTREAM_TRY(connection.execute("BEGIN IMMEDIATE"));
  auto made = [&]() -> Result<void> {
    CRYPTOSTREAM_TRY_ASSIGN(auto version, connection.integer("PRAGMA user_version"));
    if (version != 0) return {};  // another process was faster
    CRYPTOSTREAM_TRY_ASSIGN(auto tables, connection.integer("SELECT count(*) FROM sqlite_schema"));
    if (tables != 0)
      return fail(
          ErrorKind::configuration,
          fmt::format("{} is an SQLite database of something else, not a log of cryptostream: name another file",
                      connection.file()));
    CRYPTOSTREAM_TRY(connection.execute(schema));
    CRYPTOSTREAM_TRY(connection.execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, format_version).c_str()));
    CRYPTOSTREAM_TRY_ASSIGN(auto insert, connection.prepare("INSERT INTO log VALUES(?, ?)"));
    auto id = random_id();
    insert.bind_text(1, id);
    insert.bind(2, now.ms);
    return insert.run();
  }();
  if (made) made = connection.execute("COMMIT");
  connection.rollback();
  return made;
}

Result<void> check_format(Connection& connection) {
  CRYPTOSTREAM_TRY_ASSIGN(auto application, connection.integer("PRAGMA application_id"));
  CRYPTOSTREAM_TRY_ASSIGN(auto version, connection.integer("PRAGMA user_version"));
  if (application != application_id)
    return fail(ErrorKind::configuration,
                fmt::format("{} is an SQLite database of something else, not a log of cryptostream: name another file",
                            connection.file()));
  if (version != format_version)
    return fail(
        ErrorKind::configuration,
        fmt::format(
            "local log {} has format {}, written by a newer version of cryptostream; this version knows format {}: "
            "upgrade this one, or name another file",
            connection.file(), version, format_version));
  return {};
}

/// Switching an empty file to WAL does not wait for others that do the same, so it is asked for again.
Result<void> use_wal(Connection& connection, std::chrono::milliseconds timeout) {
  auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    auto answer = connection.execute("PRAGMA journal_mode = WAL");
    if (answer || answer.error().kind() != ErrorKind::temporary || std::chrono::steady_clock::now() > deadline)
      return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace

const char* network_file_system(std::uint32_t type) {
  switch (type) {
    case 0x6969:
      return "NFS";
    case 0x517b:
    case 0xff534d42:
    case 0xfe534d42:
      return "SMB";
    case 0x5346414f:
    case 0x6b414653:
      return "AFS";
    case 0x00c36400:
      return "Ceph";
    case 0x01021997:
      return "9P";
    case 0x73757245:
      return "Coda";
    case 0x0bd00bd0:
      return "Lustre";
    default:
      return nullptr;
  }
}

LogFile::LogFile(std::filesystem::path path, LocalBrokerOptions given)
    : options([&] {
        given.max_record_bytes = std::min(given.max_record_bytes, most_record_bytes);
        return given;
      }()),
      path_(std::move(path)),
      name_(path_.string()),
      clock_(options.clock != nullptr ? *options.clock : system_clock()) {}

Result<std::unique_ptr<Connection>> LogFile::open() const {
  CRYPTOSTREAM_TRY(make_file(path_, name_));
  if (::access(name_.c_str(), R_OK | W_OK) != 0)
    return fail(kind_of(errno),
                fmt::format("local log {}: {}; make the file and its folder readable and writable for this user", name_,
                            std::strerror(errno)));
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(name_.c_str(), &handle,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  auto connection = std::make_unique<Connection>(handle, name_);
  if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(handle, code, name_));
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_timeout.count()));
  CRYPTOSTREAM_TRY(use_wal(*connection, options.busy_timeout));
  auto synchronous = options.synchronous == Synchronous::full     ? "FULL"
                     : options.synchronous == Synchronous::normal ? "NORMAL"
                                                                  : "OFF";
  CRYPTOSTREAM_TRY(connection->execute(
      fmt::format("PRAGMA synchronous = {}; PRAGMA journal_size_limit = {}", synchronous, longest_wal_bytes).c_str()));
  CRYPTOSTREAM_TRY_ASSIGN(auto version, connection->integer("PRAGMA user_version"));
  if (version == 0) CRYPTOSTREAM_TRY(make_schema(*connection, now()));
  CRYPTOSTREAM_TRY(check_format(*connection));
  return connection;
}

Result<Turns::Turn> LogFile::begin_write(Connection& connection) {
  auto turn = writing_.take(options.busy_timeout);
  if (!turn)
    return fail(ErrorKind::temporary,
                fmt::format("local log {}: other threads of this process write for too long", name_));
  CRYPTOSTREAM_TRY(connection.execute("BEGIN IMMEDIATE"));
  if (auto in_place = connection.check_in_place(); !in_place) {
    connection.rollback();
    return fail(std::move(in_place).error());
  }
  return std::move(*turn);
}

void LogFile::changed() {
  std::lock_guard lock(mutex_);
  ++version_;
  changes_.notify_all();
}

Result<std::optional<TopicInfo>> find_topic(Connection& connection, const std::string& name) {
  CRYPTOSTREAM_TRY_ASSIGN(auto select,
                          connection.prepare("SELECT id, partitions, compacted FROM topics WHERE name = ?"));
  select.bind_text(1, name);
  CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
  if (!row) return std::nullopt;
  return TopicInfo{name, std::to_string(select.integer(0)), static_cast<std::int32_t>(select.integer(1)),
                   select.integer(2) != 0};
}

Result<PartitionRow> find_partition(Connection& connection, const TopicPartition& partition) {
  CRYPTOSTREAM_TRY_ASSIGN(auto select,
                          connection.prepare("SELECT p.id, p.first_offset, p.next_offset FROM partitions p "
                                             "JOIN topics t ON t.id = p.topic WHERE t.name = ? AND p.number = ?"));
  select.bind_text(1, partition.topic);
  select.bind(2, partition.partition);
  CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
  if (row) return PartitionRow{select.integer(0), {select.integer(1), select.integer(2)}};
  CRYPTOSTREAM_TRY_ASSIGN(auto topic, find_topic(connection, partition.topic));
  return fail(unknown_topic(partition, topic, "local log " + connection.file()));
}

}  // namespace cryptostream::local
