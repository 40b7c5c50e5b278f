// Changes by time and key, each kept as the bytes its changelog takes.
#include <cryptostream/state/backend.h>
#include <cryptostream/state/buffered_bytes.h>
#include <cryptostream/state/suppression_buffer.h>

#include <fmt/core.h>

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cryptostream {

namespace {

constexpr std::string_view version_header = "v";
constexpr std::string_view version = "\x03";

class TimeOrderedSuppressionBuffer final : public SuppressionBuffer {
 public:
  TimeOrderedSuppressionBuffer(std::string name, Changelog* changelog)
      : SuppressionBuffer(std::move(name)), changelog_(changelog) {
    version_headers_.add(version_header, version);
  }

  Result<void> put(Timestamp time, BytesView key, OptionalBytesView now, OptionalBytesView before,
                   const RecordContext& context) override {
    BufferedChange change{context, before, before, now, time};
    auto found = by_key_.find(key);
    if (found != by_key_.end()) {
      change.prior = prior_of(found->second->second);
      change.time = found->second->first.time;
      set(found->second, change);
      mark_changed(found->second);
    } else {
      mark_changed(insert(key, change));
    }
    return {};
  }

  Result<void> evict_while(const std::function<bool()>& more,
                           const std::function<Result<void>(const Buffered&)>& take) override {
    while (!entries_.empty() && more()) {
      auto front = entries_.begin();
      BytesView key = front->first.key;
      CRYPTOSTREAM_TRY_ASSIGN(auto change, read_buffered(front->second.bytes, headers_));
      // It is still buffered while it is taken: who looks its key up meanwhile sees what was valid before. Whatever
      // becomes of it, it is taken once.
      auto taken = take({key, change.time, change.now, change.before, change.context});
      if (changelog_) gone_.emplace(key);
      remove(front);
      CRYPTOSTREAM_TRY(std::move(taken));
    }
    return {};
  }

  std::optional<OptionalBytesView> prior_value(BytesView key) const override {
    auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    return prior_of(found->second->second);
  }
  std::uint64_t records() const override { return entries_.size(); }
  std::uint64_t bytes() const override { return weight_; }
  Timestamp front_time() const override {
    return entries_.empty() ? Timestamp{std::numeric_limits<std::int64_t>::max()} : entries_.begin()->first.time;
  }

  Result<void> flush() override {
    for (const auto& key : gone_) CRYPTOSTREAM_TRY(changelog_->append(key, std::nullopt, std::nullopt, {}));
    gone_.clear();
    for (auto entry : changed_) {
      if (entry == entries_.end()) continue;
      CRYPTOSTREAM_TRY(changelog_->append(entry->first.key, entry->second.bytes, std::nullopt, version_headers_));
      entry->second.change = 0;
    }
    changed_.clear();
    return {};
  }

  Result<void> commit(std::int64_t) override { return {}; }

  Result<void> restore(BytesView key, OptionalBytesView value, Timestamp, HeadersView headers) override {
    // What the log says replaces all that was: a compacted log may lack the tombstone in between.
    if (auto found = by_key_.find(key); found != by_key_.end()) remove(found->second);
    if (!value) return {};
    auto written = headers.last(version_header);
    if (written != version)
      return fail(ErrorKind::failure,
                  fmt::format("the changelog of {} has entries in {}, as Kafka Streams before 2.6 wrote them; this "
                              "library reads format 3: let a newer Kafka Streams run the application once, or reset it",
                              name(), format_name(written)));
    auto change = read_buffered(*value, headers_);
    if (!change) return fail(std::move(change).error().with_context(name()));
    insert(key, *change);
    return {};
  }

 private:
  struct Place {
    Timestamp time;
    std::string key;
    bool operator<(const Place& other) const { return std::tie(time, key) < std::tie(other.time, other.key); }
  };
  struct Entry {
    std::string bytes;  // as the changelog takes them
    bool has_prior = false;
    std::size_t prior_at = 0;
    std::size_t prior_size = 0;
    std::uint64_t weight = 0;
    std::size_t change = 0;  // one more than its index among the changed ones; zero: unchanged
  };
  using Entries = std::map<Place, Entry>;

  static std::string format_name(OptionalBytesView written) {
    if (!written) return "format 0";
    if (written->size() == 1) return fmt::format("format {}", static_cast<int>(written->front()));
    return "an unknown format";
  }

  OptionalBytesView prior_of(const Entry& entry) const {
    if (!entry.has_prior) return std::nullopt;
    return BytesView(entry.bytes).substr(entry.prior_at, entry.prior_size);
  }

  Entries::iterator insert(BytesView key, const BufferedChange& change) {
    auto entry = entries_.emplace(Place{change.time, std::string(key)}, Entry{}).first;
    by_key_.emplace(entry->first.key, entry);
    set(entry, change);
    return entry;
  }

  // `change` may look into the bytes it replaces.
  void set(Entries::iterator at, const BufferedChange& change) {
    auto& entry = at->second;
    scratch_.clear();
    append_buffered(change, scratch_);
    weight_ -= entry.weight;
    entry.weight = buffered_weight(at->first.key, change);
    weight_ += entry.weight;
    entry.has_prior = change.prior.has_value();
    entry.prior_size = change.prior ? change.prior->size() : 0;
    entry.prior_at = prior_position(change);
    std::swap(entry.bytes, scratch_);
  }

  // Behind the context and the length of the prior value.
  static std::size_t prior_position(const BufferedChange& change) {
    std::size_t at = 8 + 8 + 4 + change.context.topic.size() + 4 + 4 + 4;
    for (auto header : change.context.headers) at += 8 + header.name.size() + (header.value ? header.value->size() : 0);
    return at;
  }

  void remove(Entries::iterator entry) {
    weight_ -= entry->second.weight;
    if (entry->second.change) changed_[entry->second.change - 1] = entries_.end();
    by_key_.erase(entry->first.key);
    entries_.erase(entry);
  }

  // Of what changes more than once before a flush, the log gets the last state.
  void mark_changed(Entries::iterator entry) {
    if (!changelog_ || entry->second.change) return;
    changed_.push_back(entry);
    entry->second.change = changed_.size();
    if (!gone_.empty()) gone_.erase(entry->first.key);
  }

  Changelog* changelog_;
  Headers version_headers_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // the views are of the places' keys
  std::uint64_t weight_ = 0;
  // Since the last flush: entries, where end() stands for one that is gone, and the keys of those that are gone.
  std::vector<Entries::iterator> changed_;
  std::set<std::string, std::less<>> gone_;
  std::string scratch_;
  Headers headers_;
};

}  // namespace

std::unique_ptr<SuppressionBuffer> make_suppression_buffer(const StoreSpec& spec, const StoreEnvironment& environment) {
  return std::make_unique<TimeOrderedSuppressionBuffer>(spec.name, changelog_of(spec, environment));
}

}  // namespace cryptostream
