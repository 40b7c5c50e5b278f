#include <cryptostream/local/local.h>

#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/local/log_file.h>

#include <algorithm>

namespace cryptostream {
namespace {

using local::Connection;

/// Looks after topics and offsets over one connection of its own; clients open theirs.
class LocalBroker final : public Broker {
 public:
  LocalBroker(std::filesystem::path file, LocalBrokerOptions options)
      : file_(std::make_shared<local::LogFile>(std::move(file), options)),
        janitor_(std::make_shared<local::Janitor>(file_)) {}

  std::string description() const override { return "local log " + file_->name(); }
  std::chrono::milliseconds default_commit_interval() const override { return std::chrono::milliseconds(10); }

  Result<std::string> log_id() override {
    return with([](Connection& connection) -> Result<std::string> {
      CRYPTOSTREAM_TRY_ASSIGN(auto select, connection.prepare("SELECT id FROM log"));
      CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
      if (!row)
        return fail(ErrorKind::failure,
                    fmt::format("local log {} has lost its identity: the file is damaged", connection.file()));
      return select.text(0);
    });
  }

  Result<std::vector<TopicInfo>> topics() override {
    return with([](Connection& connection) -> Result<std::vector<TopicInfo>> {
      CRYPTOSTREAM_TRY_ASSIGN(auto select,
                              connection.prepare("SELECT name, id, partitions, compacted FROM topics ORDER BY name"));
      std::vector<TopicInfo> topics;
      for (;;) {
        CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
        if (!row) return topics;
        topics.push_back({select.text(0), std::to_string(select.integer(1)),
                          static_cast<std::int32_t>(select.integer(2)), select.integer(3) != 0});
      }
    });
  }

  Result<std::optional<TopicInfo>> topic(const std::string& name) override {
    return with([&](Connection& connection) { return local::find_topic(connection, name); });
  }

  Result<void> create_topic(const TopicSpec& spec) override {
    CRYPTOSTREAM_TRY(check_topic_spec(spec));
    return with([&](Connection& connection) -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto existing, local::find_topic(connection, spec.name));
      if (existing) return check_existing_topic(spec, *existing);
      return change(connection, [&] { return insert_topic(connection, spec); });
    });
  }

  Result<void> delete_topic(const std::string& name) override {
    auto deleted = with([&](Connection& connection) -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto existing, local::find_topic(connection, name));
      if (!existing) return fail(unknown_topic({name, -1}, std::nullopt, description()));
      // The records go later and in small steps (Janitor): deleting a large topic at once would block all writers.
      return change(connection, [&]() -> Result<void> {
        for (auto sql : {"INSERT INTO dropped_partitions SELECT id FROM partitions WHERE topic = ?",
                         "DELETE FROM committed WHERE partition IN (SELECT id FROM partitions WHERE topic = ?)",
                         "DELETE FROM holds WHERE partition IN (SELECT id FROM partitions WHERE topic = ?)",
                         "DELETE FROM blocks WHERE partition IN (SELECT id FROM partitions WHERE topic = ?)",
                         "DELETE FROM partitions WHERE topic = ?", "DELETE FROM topics WHERE id = ?"}) {
          CRYPTOSTREAM_TRY_ASSIGN(auto statement, connection.prepare(sql));
          statement.bind(1, std::stoll(existing->id));
          CRYPTOSTREAM_TRY(statement.run());
        }
        return {};
      });
    });
    if (deleted) janitor_->look();
    return deleted;
  }

  Result<OffsetRange> offsets(const TopicPartition& partition, Isolation) override {
    return with([&](Connection& connection) -> Result<OffsetRange> {
      CRYPTOSTREAM_TRY_ASSIGN(auto row, local::find_partition(connection, partition));
      return row.range;
    });
  }

  Result<std::int64_t> offset_at(const TopicPartition& partition, Timestamp time) override {
    return with([&](Connection& connection) -> Result<std::int64_t> {
      CRYPTOSTREAM_TRY_ASSIGN(auto row, local::find_partition(connection, partition));
      CRYPTOSTREAM_TRY_ASSIGN(auto blocks,
                              connection.prepare("SELECT block FROM blocks WHERE partition = ? AND block >= ? "
                                                 "AND time >= ? ORDER BY block"));
      CRYPTOSTREAM_TRY_ASSIGN(auto first,
                              connection.prepare("SELECT id FROM records WHERE id >= ? AND id < ? AND time >= ? "
                                                 "ORDER BY id LIMIT 1"));
      blocks.bind(1, row.id);
      blocks.bind(2, row.range.begin >> local::block_bits);
      blocks.bind(3, time.ms);
      for (;;) {  // a block's latest record may be compacted away, then the next one answers
        CRYPTOSTREAM_TRY_ASSIGN(bool found, blocks.step());
        if (!found) return row.range.end;
        auto start = blocks.integer(0) << local::block_bits;
        local::Reset reset(first);
        first.bind(1, local::row_id(row.id, std::max(start, row.range.begin)));
        first.bind(2, local::row_id(row.id, std::min(start + (1 << local::block_bits), row.range.end)));
        first.bind(3, time.ms);
        CRYPTOSTREAM_TRY_ASSIGN(bool hit, first.step());
        if (hit) return local::offset_of(first.integer(0));
      }
    });
  }

  Result<std::unique_ptr<Consumer>> consumer(Isolation) override { return local::make_consumer(file_); }
  Result<std::unique_ptr<Producer>> producer(const ProducerOptions& options) override {
    return local::make_producer(file_, janitor_, options);
  }
  Result<std::unique_ptr<Group>> join(const GroupOptions& options) override {
    return local::make_group(file_, options);
  }

  Result<std::vector<std::string>> groups() override {
    return with([&](Connection& connection) -> Result<std::vector<std::string>> {
      CRYPTOSTREAM_TRY_ASSIGN(auto select,
                              connection.prepare("SELECT name, id, EXISTS(SELECT 1 FROM committed WHERE group_id = id) "
                                                 "FROM groups ORDER BY name"));
      std::vector<std::string> names;
      for (;;) {
        CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
        if (!row) return names;
        if (select.integer(2) != 0 || local::group_is_live(*file_, select.integer(1))) names.push_back(select.text(0));
      }
    });
  }

  Result<Offsets> group_offsets(const std::string& group) override {
    return with([&](Connection& connection) -> Result<Offsets> {
      CRYPTOSTREAM_TRY_ASSIGN(
          auto select,
          connection.prepare(
              "SELECT t.name, p.number, c.offset, c.metadata FROM groups g JOIN committed c ON c.group_id = g.id "
              "JOIN partitions p ON p.id = c.partition JOIN topics t ON t.id = p.topic WHERE g.name = ?"));
      select.bind_text(1, group);
      Offsets offsets;
      for (;;) {
        CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
        if (!row) return offsets;
        offsets[{select.text(0), static_cast<std::int32_t>(select.integer(1))}] = {select.integer(2), select.text(3)};
      }
    });
  }

  Result<void> hold(const std::string& holder, const TopicPartition& partition, std::int64_t offset) override {
    return with([&](Connection& connection) -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto row, local::find_partition(connection, partition));
      return change(connection, [&]() -> Result<void> {
        CRYPTOSTREAM_TRY_ASSIGN(auto statement,
                                connection.prepare(offset < 0 ? "DELETE FROM holds WHERE holder = ? AND partition = ?"
                                                              : "INSERT OR REPLACE INTO holds VALUES(?, ?, ?)"));
        statement.bind_text(1, holder);
        statement.bind(2, row.id);
        if (offset >= 0) statement.bind(3, offset);
        return statement.run();
      });
    });
  }

 private:
  /// Runs `use` with the connection, opened by the first call that needs it.
  template <class Use>
  auto with(Use use) -> decltype(use(std::declval<Connection&>())) {
    std::lock_guard lock(mutex_);
    if (!connection_) {
      CRYPTOSTREAM_TRY_ASSIGN(connection_, file_->open());
    }
    return use(*connection_);
  }

  /// Runs `write` in a write transaction.
  template <class Write>
  Result<void> change(Connection& connection, Write write) {
    CRYPTOSTREAM_TRY_ASSIGN(auto turn, file_->begin_write(connection));
    Result<void> written = write();
    if (written) written = connection.execute("COMMIT");
    connection.rollback();
    turn.end();
    if (written) file_->changed();
    return written;
  }

  Result<void> insert_topic(Connection& connection, const TopicSpec& spec) {
    CRYPTOSTREAM_TRY_ASSIGN(auto existing,
                            local::find_topic(connection, spec.name));  // another process may have been faster
    if (existing) return check_existing_topic(spec, *existing);
    CRYPTOSTREAM_TRY_ASSIGN(auto topic,
                            connection.prepare("INSERT INTO topics(name, partitions, compacted, retention_bytes, "
                                               "retention_ms) VALUES(?, ?, ?, ?, ?) RETURNING id"));
    topic.bind_text(1, spec.name);
    topic.bind(2, spec.partitions);
    topic.bind(3, spec.compacted ? 1 : 0);
    topic.bind(4, spec.retention_bytes > 0 ? spec.retention_bytes : 0);
    topic.bind(5, spec.retention.count() > 0 ? spec.retention.count() : 0);
    CRYPTOSTREAM_TRY_ASSIGN(bool row, topic.step());
    auto id = row ? topic.integer(0) : 0;
    CRYPTOSTREAM_TRY(topic.run());
    CRYPTOSTREAM_TRY_ASSIGN(auto partition, connection.prepare("INSERT INTO partitions(topic, number) VALUES(?, ?)"));
    for (std::int32_t number = 0; number < spec.partitions; ++number) {
      partition.bind(1, id);
      partition.bind(2, number);
      CRYPTOSTREAM_TRY(partition.run());
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto last, connection.integer("SELECT max(id) FROM partitions"));
    if (last >= local::most_partitions)
      return fail(ErrorKind::failure, fmt::format("local log {} has used up its {} partitions: begin a new log",
                                                  connection.file(), local::most_partitions));
    return {};
  }

  local::LogFilePtr file_;
  local::JanitorPtr janitor_;
  std::mutex mutex_;
  std::unique_ptr<Connection> connection_;  // guarded by mutex_
};

}  // namespace

std::shared_ptr<Broker> local_broker(std::filesystem::path file, LocalBrokerOptions options) {
  return std::make_shared<LocalBroker>(std::move(file), options);
}

}  // namespace cryptostream
