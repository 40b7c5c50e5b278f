// One value a key over a ByteMap, plain or with the time of its record.
#include <cryptostream/state/backend.h>
#include <cryptostream/state/key_value_store.h>
#include <cryptostream/state/stored_bytes.h>

#include <utility>

namespace cryptostream {

namespace {

class MapCursor final : public StoreCursor {
 public:
  explicit MapCursor(std::unique_ptr<ByteCursor> cursor) : cursor_(std::move(cursor)) {}

  Result<const StoredEntry*> next() override {
    CRYPTOSTREAM_TRY_ASSIGN(bool more, cursor_->next());
    if (!more) return nullptr;
    auto stored = unpack_stored(cursor_->value());
    entry_.key = cursor_->key();
    entry_.value = stored.value;
    entry_.timestamp = stored.timestamp;
    return &entry_;
  }

 private:
  std::unique_ptr<ByteCursor> cursor_;
  StoredEntry entry_{};
};

class MapKeyValueStore final : public KeyValueStore {
 public:
  MapKeyValueStore(const StoreSpec& spec, const StoreEnvironment& environment, std::unique_ptr<ByteMap> map)
      : KeyValueStore(spec.name),
        timestamped_(spec.type == StoreSpec::Type::timestamped_key_value),
        logs_headers_(spec.logs_headers),
        changelog_(changelog_of(spec, environment)),
        map_(std::move(map)) {}

  Result<std::optional<StoredValue>> get(BytesView key) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto stored, map_->get(key));
    if (!stored) return std::nullopt;
    return unpack_stored(*stored);
  }

  Result<void> put(BytesView key, OptionalBytesView value, Timestamp timestamp, const RecordContext& context) override {
    auto time = value && timestamped_ ? timestamp : context.timestamp;
    CRYPTOSTREAM_TRY(set(key, value, time));
    if (!changelog_) return {};
    return changelog_->append(key, value, time, logs_headers_ ? context.headers : HeadersView());
  }

  Result<Cursor> range(OptionalBytesView from, OptionalBytesView to, Direction direction) override {
    if (!to) return scan(from, to, direction);
    std::string behind(*to);  // the next key after `to` is `to` with a zero byte
    behind.push_back('\0');
    return scan(from, behind, direction);
  }
  Result<Cursor> prefix(BytesView prefix) override { return scan(prefix, behind_prefix(prefix), Direction::forward); }

  Result<void> commit(std::int64_t changelog_offset) override { return map_->commit(changelog_offset); }

  Result<void> restore(BytesView key, OptionalBytesView value, Timestamp timestamp, HeadersView) override {
    return set(key, value, timestamp);
  }

 private:
  Result<void> set(BytesView key, OptionalBytesView value, Timestamp time) {
    if (!value) return map_->erase(key);
    return map_->put(key, pack_stored(*value, time, scratch_));
  }
  Result<Cursor> scan(OptionalBytesView from, OptionalBytesView to, Direction direction) {
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, map_->scan(from, to, direction));
    return std::make_unique<MapCursor>(std::move(cursor));
  }

  bool timestamped_;
  bool logs_headers_;
  Changelog* changelog_;
  std::unique_ptr<ByteMap> map_;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<KeyValueStore> make_key_value_store(const StoreSpec& spec, const StoreEnvironment& environment,
                                                    std::unique_ptr<ByteMap> map) {
  return std::make_unique<MapKeyValueStore>(spec, environment, std::move(map));
}

}  // namespace cryptostream
