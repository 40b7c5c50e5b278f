// A stream's records with the values that a table has for them: stream-table and stream-global joins.
#pragma once

#include <cryptostream/graph/fitted.h>
#include <cryptostream/graph/node.h>
#include <cryptostream/graph/table_store.h>
#include <cryptostream/graph/table_view.h>
#include <cryptostream/state/store_buffers.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// KR, VR: the stream's types; KT, R: the table's. KO: the result's key; X: the result. `left`: a record without a
/// value of the table goes on too, and with an absent key of the table as well.
template <class KR, class VR, class KT, class R, class KO, class X, bool left>
class StreamTableJoinNode final : public Receiver<KR, VR> {
 public:
  using V = strip_optional_t<VR>;
  using Other = std::conditional_t<left, std::optional<R>, R>;
  /// The table's key of a record; nothing: it has none. May throw.
  using Selector = std::function<std::optional<KT>(const KR&, const V&)>;
  using Joiner = std::function<X(const KO&, const V&, const Other&)>;
  /// Where records wait, and how they are written there; empty name: they do not.
  struct Grace {
    std::string store{};
    std::optional<Serde<strip_optional_t<KR>>> keys{};
    std::optional<Serde<V>> values{};
  };

  /// `select` empty: the record's own key.
  StreamTableJoinNode(std::unique_ptr<TableReader<KT, R>> table, Selector select, Joiner join, Grace grace)
      : table_(std::move(table)), select_(std::move(select)), join_(std::move(join)), grace_(std::move(grace)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    CRYPTOSTREAM_TRY(table_->start(context));
    if (grace_.store.empty()) return {};
    CRYPTOSTREAM_TRY_ASSIGN(auto* store, context.store(grace_.store));
    buffer_ = dynamic_cast<GraceBuffer*>(store);
    if (!buffer_) return fail(ErrorKind::internal, "store " + grace_.store + " is no buffer of a join");
    return {};
  }

  Result<void> receive(const Record<KR, VR>& record) override {
    if (!present(record.value)) return drop("its value is null");
    return this->guarded([&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(bool waits, hold(record));
      if (waits) return release();
      return join(record.key, unwrap(record.value), record.timestamp, record.headers);
    });
  }

 private:
  Result<void> drop(std::string_view why) {
    this->context_->drop(why);
    return {};
  }

  // True if the record waits in the buffer now (or was left out of it).
  Result<bool> hold(const Record<KR, VR>& record) {
    if (!buffer_) return false;
    if (!present(record.key)) {
      this->context_->drop("its key is null");
      return true;
    }
    key_bytes_.clear();
    value_bytes_.clear();
    grace_.keys->encode(unwrap(record.key), key_bytes_);
    grace_.values->encode(unwrap(record.value), value_bytes_);
    return buffer_->put(record.timestamp, key_bytes_, value_bytes_,
                        this->context_->context_of(record.timestamp, record.headers));
  }

  // Joins those whose grace is over.
  Result<void> release() {
    return buffer_->evict([&](const GraceBuffer::Buffered& waited) -> Result<void> {
      strip_optional_t<KR> key{};
      V value{};
      CRYPTOSTREAM_TRY(grace_.keys->decode(waited.key, key));
      CRYPTOSTREAM_TRY(grace_.values->decode(waited.value, value));
      return this->context_->under_origin(waited.context, waited.key, waited.value, [&] {
        return this->guarded(
            [&] { return join(KR(std::move(key)), value, waited.context.timestamp, waited.context.headers); });
      });
    });
  }

  Result<void> join(const KR& key, const V& value, Timestamp time, HeadersView headers) {
    Found<R> found;
    if (select_) {
      auto selected = select_(key, value);
      if (!selected && !left) return drop("it has no key of the table");
      if (selected) {
        CRYPTOSTREAM_TRY_ASSIGN(found, look_up(*selected, time));
      }
    } else if constexpr (std::is_same_v<strip_optional_t<KR>, KT>) {
      if (!present(key) && !left) return drop("its key is null");
      if (present(key)) {
        CRYPTOSTREAM_TRY_ASSIGN(found, look_up(unwrap(key), time));
      }
    }
    if (!found.value && !left) return {};
    auto joined = [&] {
      if constexpr (left) {
        return join_(fitted_(key), value, found.value ? Other(*found.value) : Other());
      } else {
        return join_(fitted_(key), value, *found.value);
      }
    }();
    return this->forward(Record<KO, X>(fitted_(key), joined, time, headers));
  }

  Result<Found<R>> look_up(const KT& key, Timestamp time) {
    return table_->versioned() ? table_->get(key, time) : table_->get(key);
  }

  std::unique_ptr<TableReader<KT, R>> table_;
  Selector select_;
  Joiner join_;
  Grace grace_;
  GraceBuffer* buffer_ = nullptr;
  Fitted<KO, KR> fitted_;
  std::string key_bytes_, value_bytes_;
};

}  // namespace cryptostream
