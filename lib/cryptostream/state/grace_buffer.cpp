// Records by time and key, with a number that tells apart those of one key and time.
#include <cryptostream/core/big_endian.h>
#include <cryptostream/state/backend.h>
#include <cryptostream/state/buffered_bytes.h>
#include <cryptostream/state/grace_buffer.h>

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace cryptostream {

namespace {

constexpr char record_prefix = 0;
constexpr std::string_view progress_key = "\x01";  // behind all records
constexpr std::size_t key_at = 9;
constexpr std::size_t number_size = 4;
constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t never = -1;  // the stream time before the first record

class MapGraceBuffer final : public GraceBuffer {
 public:
  MapGraceBuffer(std::string name, std::chrono::milliseconds grace, std::unique_ptr<ByteMap> map, Changelog* changelog)
      : GraceBuffer(std::move(name)), grace_(grace.count()), map_(std::move(map)), changelog_(changelog) {}

  Result<void> load() {
    CRYPTOSTREAM_TRY_ASSIGN(auto progress, map_->get(progress_key));
    if (!progress) return {};
    stream_time_ = read_int64(progress->data());
    number_ = read_int32(progress->data() + 8);
    return {};
  }

  Result<bool> put(Timestamp time, BytesView key, BytesView value, const RecordContext& context) override {
    if (time.ms < stream_time_ - grace_) return false;
    number_ = number_ == std::numeric_limits<std::int32_t>::max() ? 0 : number_ + 1;
    key_.assign(1, record_prefix);
    append_int64(time.ms, key_);
    key_ += key;
    append_int32(number_, key_);
    value_.clear();
    append_buffered({context, std::nullopt, std::nullopt, value, {}}, value_);
    CRYPTOSTREAM_TRY(map_->put(key_, value_));
    if (changelog_) CRYPTOSTREAM_TRY(changelog_->append(key_, value_, std::nullopt, {}));
    note(time.ms);
    return true;
  }

  Result<void> evict(const std::function<Result<void>(const Buffered&)>& take) override {
    auto last = stream_time_ - grace_;
    if (last < front_) return {};
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, map_->scan(bound(front_), behind(last)));
    while (true) {
      CRYPTOSTREAM_TRY_ASSIGN(bool there, cursor->next());
      if (!there) break;
      // Copies, since views of the map end with the removal.
      key_.assign(cursor->key());
      value_.assign(cursor->value());
      CRYPTOSTREAM_TRY_ASSIGN(auto change, read_buffered(value_, headers_));
      auto key = BytesView(key_).substr(key_at, key_.size() - key_at - number_size);
      // Whatever becomes of it, it is taken once.
      auto taken = take({key, change.now.value_or(BytesView()), {read_int64(key_.data() + 1)}, change.context});
      CRYPTOSTREAM_TRY(map_->erase(key_));
      if (changelog_) CRYPTOSTREAM_TRY(changelog_->append(key_, std::nullopt, std::nullopt, {}));
      CRYPTOSTREAM_TRY(std::move(taken));
    }
    front_ = last == latest ? latest : last + 1;
    return {};
  }

  Result<void> commit(std::int64_t changelog_offset) override {
    if (std::exchange(progressed_, false)) {
      value_.clear();
      append_int64(stream_time_, value_);
      append_int32(number_, value_);
      CRYPTOSTREAM_TRY(map_->put(progress_key, value_));
    }
    return map_->commit(changelog_offset);
  }

  // Tombstones, too, tell how far the buffer had come.
  Result<void> restore(BytesView key, OptionalBytesView value, Timestamp, HeadersView) override {
    if (key.size() < key_at + number_size || key[0] != record_prefix)
      return fail(ErrorKind::failure, fmt::format("the changelog of {} has a key that is none of its", name()));
    note(read_int64(key.data() + 1));
    number_ = std::max(number_, read_int32(key.data() + key.size() - number_size));
    if (!value) return map_->erase(key);
    auto change = read_buffered(*value, headers_);
    if (!change) return fail(std::move(change).error().with_context(name()));
    return map_->put(key, *value);
  }

 private:
  void note(std::int64_t time) {
    stream_time_ = std::max(stream_time_, time);
    front_ = std::min(front_, time);
    progressed_ = true;
  }

  static std::string bound(std::int64_t time) {
    std::string key(1, record_prefix);
    append_int64(time, key);
    return key;
  }
  static std::string behind(std::int64_t time) { return time == latest ? std::string(progress_key) : bound(time + 1); }

  const std::int64_t grace_;
  std::unique_ptr<ByteMap> map_;
  Changelog* changelog_;
  std::int64_t stream_time_ = never;
  std::int32_t number_ = 0;
  bool progressed_ = false;  // since the last commit
  std::int64_t front_ = 0;   // no record is older
  std::string key_;          // buffers, used again
  std::string value_;
  Headers headers_;
};

}  // namespace

Result<std::unique_ptr<GraceBuffer>> make_grace_buffer(const StoreSpec& spec, const StoreEnvironment& environment,
                                                       std::unique_ptr<ByteMap> map) {
  auto buffer =
      std::make_unique<MapGraceBuffer>(spec.name, spec.retention, std::move(map), changelog_of(spec, environment));
  auto loaded = buffer->load();
  if (!loaded) return fail(std::move(loaded).error().with_context(buffer->name()));
  return buffer;
}

}  // namespace cryptostream
