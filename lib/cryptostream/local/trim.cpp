#include <cryptostream/local/trim.h>

#include <cryptostream/core/log.h>

#include <algorithm>
#include <limits>

namespace cryptostream::local {

Result<std::unique_ptr<Trim>> Trim::open(LogFilePtr file) {
  std::unique_ptr<Trim> trim(new Trim(std::move(file)));
  CRYPTOSTREAM_TRY_ASSIGN(trim->connection_, trim->file_->open());
  return trim;
}

Result<void> Trim::run(const std::stop_token& stop) {
  CRYPTOSTREAM_TRY(delete_dropped(stop));
  CRYPTOSTREAM_TRY_ASSIGN(auto all, topics());
  for (auto& topic : all) {
    if (stop.stop_requested()) return {};
    CRYPTOSTREAM_TRY(retain(topic, stop));
    if (!topic.compacted) continue;
    CRYPTOSTREAM_TRY_ASSIGN(auto its_partitions, partitions(topic));
    for (auto& partition : its_partitions) CRYPTOSTREAM_TRY(compact(partition, stop));
  }
  return {};
}

Result<std::vector<Trim::Topic>> Trim::topics() {
  CRYPTOSTREAM_TRY_ASSIGN(
      auto select, connection_->prepare("SELECT id, name, compacted, retention_bytes, retention_ms FROM topics"));
  std::vector<Topic> all;
  for (;;) {
    CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
    if (!row) return all;
    Topic topic{select.integer(0), select.text(1), select.integer(2) != 0, select.integer(3), select.integer(4)};
    if (topic.most_bytes == 0 && !topic.compacted) topic.most_bytes = file_->options.retention_bytes;
    all.push_back(std::move(topic));
  }
}

Result<std::vector<Trim::Partition>> Trim::partitions(const Topic& topic) {
  CRYPTOSTREAM_TRY_ASSIGN(
      auto select,
      connection_->prepare(
          "SELECT id, first_offset, next_offset, bytes, clean_offset, clean_rows, "
          "min(next_offset, coalesce((SELECT min(offset) FROM committed WHERE partition = p.id), next_offset), "
          "coalesce((SELECT min(offset) FROM holds WHERE partition = p.id), next_offset)) "
          "FROM partitions p WHERE topic = ? ORDER BY bytes DESC, id"));
  select.bind(1, topic.id);
  std::vector<Partition> all;
  for (;;) {
    CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
    if (!row) return all;
    all.push_back({select.integer(0),
                   {select.integer(1), select.integer(2)},
                   select.integer(3),
                   select.integer(4),
                   select.integer(5),
                   select.integer(6)});
  }
}

Result<void> Trim::write(const std::function<Result<void>()>& change) {
  CRYPTOSTREAM_TRY_ASSIGN(auto turn, file_->begin_write(*connection_));
  auto done = change();
  if (done) done = connection_->execute("COMMIT");
  connection_->rollback();
  connection_->checkpoint_if_long();
  return done;
}

Result<void> Trim::retain(const Topic& topic, const std::stop_token& stop) {
  if (topic.most_bytes == 0 && topic.most_ms == 0) return {};
  for (bool more = true; more && !stop.stop_requested();) {
    CRYPTOSTREAM_TRY_ASSIGN(auto its_partitions, partitions(topic));
    CRYPTOSTREAM_TRY_ASSIGN(more, may_delete(topic, its_partitions));
    if (!more) break;
    CRYPTOSTREAM_TRY_ASSIGN(more, delete_oldest(topic));
  }
  return say_too_large(topic);
}

Result<bool> Trim::may_delete(const Topic& topic, const std::vector<Partition>& its_partitions) {
  std::int64_t total = 0;
  for (auto& partition : its_partitions) total += partition.bytes;
  auto too_old = file_->now().ms - topic.most_ms;
  CRYPTOSTREAM_TRY_ASSIGN(auto first,
                          connection_->prepare("SELECT time FROM records WHERE id >= ? AND id < ? LIMIT 1"));
  for (auto& partition : its_partitions) {
    if (partition.range.begin >= partition.bound) continue;
    if (topic.most_bytes > 0 && total > topic.most_bytes) return true;
    if (topic.most_ms == 0) continue;
    Reset reset(first);
    first.bind(1, row_id(partition.id, partition.range.begin));
    first.bind(2, row_id(partition.id, partition.bound));
    CRYPTOSTREAM_TRY_ASSIGN(bool row, first.step());
    if (row && first.integer(0) < too_old) return true;
  }
  return false;
}

Result<bool> Trim::delete_oldest(const Topic& topic) {
  bool more = false;
  auto delete_some = [&]() -> Result<void> {
    // Read anew: a group may have committed, or gone back, since.
    CRYPTOSTREAM_TRY_ASSIGN(auto its_partitions, partitions(topic));
    CRYPTOSTREAM_TRY_ASSIGN(auto select,
                            connection_->prepare("SELECT id, time, ifnull(length(key), 0) + ifnull(length(value), 0) + "
                                                 "ifnull(length(headers), 0) FROM records WHERE id >= ? AND id < ?"));
    CRYPTOSTREAM_TRY_ASSIGN(auto erase, connection_->prepare("DELETE FROM records WHERE id >= ? AND id < ?"));
    CRYPTOSTREAM_TRY_ASSIGN(auto erase_blocks,
                            connection_->prepare("DELETE FROM blocks WHERE partition = ? AND block < ?"));
    CRYPTOSTREAM_TRY_ASSIGN(auto erase_tombstones,
                            connection_->prepare("DELETE FROM tombstones WHERE id >= ? AND id < ?"));
    CRYPTOSTREAM_TRY_ASSIGN(
        auto update, connection_->prepare("UPDATE partitions SET first_offset = ?, bytes = bytes - ? WHERE id = ?"));
    std::int64_t total = 0;
    for (auto& partition : its_partitions) total += partition.bytes;
    auto too_old = topic.most_ms > 0 ? file_->now().ms - topic.most_ms : std::numeric_limits<std::int64_t>::min();
    auto left = most_rows_a_deletion;
    for (auto& partition : its_partitions) {
      auto first = row_id(partition.id, partition.range.begin);
      auto cut = partition.range.begin;
      std::int64_t bytes = 0;
      Reset reset(select);
      select.bind(1, first);
      select.bind(2, row_id(partition.id, partition.bound));
      while (left > 0) {
        CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
        if (!row) break;
        if (select.integer(1) >= too_old && !(topic.most_bytes > 0 && total > topic.most_bytes)) break;
        cut = offset_of(select.integer(0)) + 1;
        bytes += select.integer(2);
        total -= select.integer(2);
        --left;
      }
      if (cut == partition.range.begin) continue;
      select.reset();
      for (auto* statement : {&erase, &erase_tombstones}) {
        statement->bind(1, first);
        statement->bind(2, row_id(partition.id, cut));
        CRYPTOSTREAM_TRY(statement->run());
      }
      erase_blocks.bind(1, partition.id);
      erase_blocks.bind(2, cut >> block_bits);
      CRYPTOSTREAM_TRY(erase_blocks.run());
      update.bind(1, cut);
      update.bind(2, bytes);
      update.bind(3, partition.id);
      CRYPTOSTREAM_TRY(update.run());
    }
    more = left == 0;
    return {};
  };
  CRYPTOSTREAM_TRY(write(delete_some));
  return more;
}

Result<void> Trim::say_too_large(const Topic& topic) {
  if (topic.most_bytes == 0) return {};
  CRYPTOSTREAM_TRY_ASSIGN(auto its_partitions, partitions(topic));
  std::int64_t total = 0;
  for (auto& partition : its_partitions) total += partition.bytes;
  auto& said = said_[topic.id];
  if (total <= topic.most_bytes) {
    said = 0;
    return {};
  }
  if (total < said + said / 10) return {};
  said = total;
  CRYPTOSTREAM_TRY_ASSIGN(auto holder,
                          connection_->prepare("SELECT name, min(offset - first_offset) FROM ("
                                               "SELECT 'group ' || g.name AS name, c.offset, p.first_offset FROM "
                                               "committed c JOIN groups g ON g.id = c.group_id "
                                               "JOIN partitions p ON p.id = c.partition WHERE p.topic = ?1 UNION ALL "
                                               "SELECT h.holder, h.offset, p.first_offset FROM holds h JOIN partitions "
                                               "p ON p.id = h.partition WHERE p.topic = ?1)"));
  holder.bind(1, topic.id);
  CRYPTOSTREAM_TRY_ASSIGN(bool row, holder.step());
  log(LogLevel::warning, "local",
      "topic \"{}\" of local log {} has grown to {} bytes, past its bound of {}, and cannot be trimmed: {} still needs "
      "its oldest "
      "records. Run it, or give it up (docs/local-log.md)",
      topic.name, file_->name(), total, topic.most_bytes, row && !holder.null(0) ? holder.text(0) : "a reader");
  return {};
}

Result<void> Trim::delete_dropped(const std::stop_token& stop) {
  for (bool more = true; more && !stop.stop_requested();) {
    CRYPTOSTREAM_TRY_ASSIGN(auto partition, connection_->integer("SELECT min(id) FROM dropped_partitions"));
    if (partition == 0) return {};
    auto delete_some = [&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto erase,
                              connection_->prepare("DELETE FROM records WHERE id IN (SELECT id FROM records "
                                                   "WHERE id >= ? AND id < ? LIMIT ?)"));
      erase.bind(1, row_id(partition, 0));
      erase.bind(2, row_id(partition + 1, 0));
      erase.bind(3, most_rows_a_deletion);
      CRYPTOSTREAM_TRY(erase.run());
      if (sqlite3_changes64(connection_->handle()) == most_rows_a_deletion) return {};
      CRYPTOSTREAM_TRY_ASSIGN(auto tombstones, connection_->prepare("DELETE FROM tombstones WHERE id >= ? AND id < ?"));
      tombstones.bind(1, row_id(partition, 0));
      tombstones.bind(2, row_id(partition + 1, 0));
      CRYPTOSTREAM_TRY(tombstones.run());
      CRYPTOSTREAM_TRY_ASSIGN(auto done, connection_->prepare("DELETE FROM dropped_partitions WHERE id = ?"));
      done.bind(1, partition);
      return done.run();
    };
    CRYPTOSTREAM_TRY(write(delete_some));
  }
  return {};
}

}  // namespace cryptostream::local
