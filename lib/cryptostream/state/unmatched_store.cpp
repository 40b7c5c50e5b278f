// Entries by time, side and key.
#include <cryptostream/core/big_endian.h>
#include <cryptostream/state/backend.h>
#include <cryptostream/state/unmatched_store.h>
#include <cryptostream/state/unmatched_values.h>

#include <fmt/core.h>

#include <utility>

namespace cryptostream {

namespace {

constexpr std::size_t side_at = 8;
constexpr std::size_t key_at = 9;

class MapUnmatchedStore final : public UnmatchedStore {
 public:
  MapUnmatchedStore(std::string name, std::unique_ptr<ByteMap> map, Changelog* changelog)
      : UnmatchedStore(std::move(name)), map_(std::move(map)), changelog_(changelog) {}

  Result<void> add(Timestamp time, Side side, BytesView key, BytesView value, const RecordContext& context) override {
    set_key(time, side, key);
    CRYPTOSTREAM_TRY_ASSIGN(auto packed, map_->get(key_));
    values_.assign(packed.value_or(BytesView()));
    append_value(values_, side, value);
    CRYPTOSTREAM_TRY(map_->put(key_, values_));
    return log(values_, context);
  }

  Result<void> remove(Timestamp time, Side side, BytesView key, const RecordContext& context) override {
    set_key(time, side, key);
    CRYPTOSTREAM_TRY_ASSIGN(auto packed, map_->get(key_));
    if (!packed) return {};
    CRYPTOSTREAM_TRY(map_->erase(key_));
    return log(std::nullopt, context);
  }

  Result<void> visit(const std::function<Result<bool>(const Unmatched&)>& visit) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, map_->scan(std::nullopt, std::nullopt));
    while (true) {
      CRYPTOSTREAM_TRY_ASSIGN(bool there, cursor->next());
      if (!there) return {};
      // Copies, since views of the map end with the first removal.
      visited_key_.assign(cursor->key());
      visited_values_.assign(cursor->value());
      Unmatched unmatched{{read_int64(visited_key_.data())},
                          visited_key_[side_at] ? Side::left : Side::right,
                          BytesView(visited_key_).substr(key_at),
                          visited_values_};
      CRYPTOSTREAM_TRY_ASSIGN(bool more, visit(unmatched));
      if (!more) return {};
    }
  }

  Result<void> commit(std::int64_t changelog_offset) override { return map_->commit(changelog_offset); }

  Result<void> restore(BytesView key, OptionalBytesView value, Timestamp, HeadersView) override {
    if (key.size() < key_at)
      return fail(ErrorKind::failure, fmt::format("the changelog of {} has a key of {} bytes; there are at least {}",
                                                  name(), key.size(), key_at));
    if (!value) return map_->erase(key);
    auto whole = decode_values(*value, [](BytesView) -> Result<void> { return {}; });
    if (!whole) return fail(std::move(whole).error().with_context(name()));
    return map_->put(key, *value);
  }

 private:
  void set_key(Timestamp time, Side side, BytesView key) {
    key_.clear();
    append_int64(time.ms, key_);
    key_ += static_cast<char>(side);
    key_ += key;
  }

  Result<void> log(OptionalBytesView value, const RecordContext& context) {
    if (!changelog_) return {};
    return changelog_->append(key_, value, context.timestamp, {});
  }

  std::unique_ptr<ByteMap> map_;
  Changelog* changelog_;
  std::string key_;  // buffers, used again
  std::string values_;
  std::string visited_key_;
  std::string visited_values_;
};

}  // namespace

std::unique_ptr<UnmatchedStore> make_unmatched_store(const StoreSpec& spec, const StoreEnvironment& environment,
                                                     std::unique_ptr<ByteMap> map) {
  return std::make_unique<MapUnmatchedStore>(spec.name, std::move(map), changelog_of(spec, environment));
}

}  // namespace cryptostream
