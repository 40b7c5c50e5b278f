// Compaction: of each key the last record stays, at its offset.
#include <cryptostream/local/trim.h>

#include <algorithm>
#include <string>
#include <unordered_map>

namespace cryptostream::local {
namespace {

/// Null values stay so long after compaction first met them, so that whoever lags behind still learns of the deletion.
constexpr std::int64_t tombstone_life_ms = 24 * 3600 * 1000;
constexpr std::int64_t least_to_compact = 1'000;
/// What one pass looks at, which bounds the keys it remembers.
constexpr std::int64_t most_a_pass = 200'000;

}  // namespace

// A pass takes the records from clean_offset on (the window), remembers the last offset of each of their keys, and then
// deletes every record before that offset with one of these keys. It begins when the window is as long as what is
// clean, so that all passes together cost no more than a few reads of each record.
Result<void> Trim::compact(const Partition& partition, const std::stop_token& stop) {
  auto window_end = std::min(partition.bound, partition.clean_offset + most_a_pass);
  if (partition.bound - partition.clean_offset <
      std::max(least_to_compact, std::min(partition.clean_rows, most_a_pass)))
    return {};

  std::unordered_map<std::string, std::int64_t> last;
  CRYPTOSTREAM_TRY_ASSIGN(auto select,
                          connection_->prepare("SELECT id, key, value IS NULL, (SELECT since FROM tombstones t WHERE "
                                               "t.id = r.id) FROM records r WHERE id >= ? AND id < ? LIMIT ?"));
  // Reads [from, window_end) in steps that hold no read transaction for long; `visit` must not touch the log.
  auto scan = [&](std::int64_t from, auto visit, auto after_step) -> Result<void> {
    for (bool more = true; more && !stop.stop_requested();) {
      select.bind(1, row_id(partition.id, from));
      select.bind(2, row_id(partition.id, window_end));
      select.bind(3, static_cast<std::int64_t>(most_rows_a_read));
      more = false;
      for (;;) {
        CRYPTOSTREAM_TRY_ASSIGN(bool row, select.step());
        if (!row) break;
        from = offset_of(select.integer(0)) + 1;
        visit();
        more = true;
      }
      CRYPTOSTREAM_TRY(after_step());
    }
    return {};
  };

  auto remember_key = [&] {
    if (!select.null(1)) last[select.text(1)] = select.integer(0);
  };
  CRYPTOSTREAM_TRY(
      scan(std::max(partition.clean_offset, partition.range.begin), remember_key, [] { return Result<void>(); }));

  std::int64_t kept = 0;
  std::vector<std::int64_t> obsolete;
  std::vector<std::int64_t> tombstones;
  std::string key;
  auto now = file_->now().ms;
  auto judge = [&] {
    auto row = select.integer(0);
    bool drop = false;
    if (!select.null(1)) {
      key.assign(select.bytes(1));
      auto found = last.find(key);
      drop = found != last.end() && found->second != row;
      if (!drop && select.integer(2) != 0) {
        if (select.null(3)) tombstones.push_back(row);
        drop = !select.null(3) && now - select.integer(3) > tombstone_life_ms;
      }
    }
    if (drop) {
      obsolete.push_back(row);
    } else {
      ++kept;
    }
  };
  auto delete_obsolete = [&]() -> Result<void> {
    CRYPTOSTREAM_TRY(delete_rows(partition, obsolete));
    CRYPTOSTREAM_TRY(note_tombstones(tombstones));
    obsolete.clear();
    tombstones.clear();
    return {};
  };
  CRYPTOSTREAM_TRY(scan(partition.range.begin, judge, delete_obsolete));
  if (stop.stop_requested()) return {};
  return write([&]() -> Result<void> {
    CRYPTOSTREAM_TRY_ASSIGN(
        auto update, connection_->prepare("UPDATE partitions SET clean_offset = ?, clean_rows = ? WHERE id = ?"));
    update.bind(1, window_end);
    update.bind(2, kept);
    update.bind(3, partition.id);
    return update.run();
  });
}

Result<void> Trim::delete_rows(const Partition& partition, const std::vector<std::int64_t>& rows) {
  if (rows.empty()) return {};
  return write([&]() -> Result<void> {
    // RETURNING counts only what this process deleted, should another compact the same topic.
    CRYPTOSTREAM_TRY_ASSIGN(auto erase,
                            connection_->prepare("DELETE FROM records WHERE id = ? RETURNING ifnull(length(key), 0) + "
                                                 "ifnull(length(value), 0) + ifnull(length(headers), 0)"));
    CRYPTOSTREAM_TRY_ASSIGN(auto erase_tombstone, connection_->prepare("DELETE FROM tombstones WHERE id = ?"));
    std::int64_t bytes = 0;
    for (auto row : rows) {
      erase.bind(1, row);
      CRYPTOSTREAM_TRY_ASSIGN(bool deleted, erase.step());
      if (deleted) bytes += erase.integer(0);
      CRYPTOSTREAM_TRY(erase.run());
      erase_tombstone.bind(1, row);
      CRYPTOSTREAM_TRY(erase_tombstone.run());
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto update, connection_->prepare("UPDATE partitions SET bytes = bytes - ? WHERE id = ?"));
    update.bind(1, bytes);
    update.bind(2, partition.id);
    return update.run();
  });
}

Result<void> Trim::note_tombstones(const std::vector<std::int64_t>& rows) {
  if (rows.empty()) return {};
  return write([&]() -> Result<void> {
    CRYPTOSTREAM_TRY_ASSIGN(auto insert, connection_->prepare("INSERT OR IGNORE INTO tombstones VALUES(?, ?)"));
    for (auto row : rows) {
      insert.bind(1, row);
      insert.bind(2, file_->now().ms);
      CRYPTOSTREAM_TRY(insert.run());
    }
    return {};
  });
}

}  // namespace cryptostream::local
