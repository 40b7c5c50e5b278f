// Where a task's graph meets the log: source nodes decode, sink nodes encode.
#pragma once

#include <cryptostream/data/topic.h>
#include <cryptostream/data/type_header.h>
#include <cryptostream/graph/node.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// One input partition of a source node: holds the record in hand, decoded. Reused from record to record.
class InputSlot {
 public:
  virtual ~InputSlot() = default;
  /// Decodes `record` and gives its time: the extractor's, if the source has one, else its own. `partition_time`: the
  /// largest time seen in this partition, -1 ms before the first.
  virtual Result<Timestamp> decode(const LogRecord& record, Timestamp partition_time) = 0;
  /// Sends the record that was decoded last into the graph.
  virtual Result<void> forward(HeadersView headers) = 0;
};

/// A node that takes input records as the log has them.
class SourceNode : public Node {
 public:
  /// A slot for one input partition. The node must outlive it.
  virtual std::unique_ptr<InputSlot> slot() = 0;
};

/// The time of a record by its contents. Negative: the record is left out and counted.
template <class K, class V>
using TimestampExtractor = std::function<Timestamp(const Record<K, V>&, Timestamp partition_time)>;

template <class K, class V>
class TypedSourceNode final : public SourceNode {
 public:
  TypedSourceNode(Serde<strip_optional_t<K>> key_serde, Serde<strip_optional_t<V>> value_serde,
                  TimestampExtractor<K, V> extractor = {})
      : key_serde_(std::move(key_serde)), value_serde_(std::move(value_serde)), extractor_(std::move(extractor)) {}

  std::unique_ptr<InputSlot> slot() override { return std::make_unique<Slot>(*this); }

 private:
  class Slot final : public InputSlot {
   public:
    explicit Slot(TypedSourceNode& node) : node_(node) {}
    Result<Timestamp> decode(const LogRecord& record, Timestamp partition_time) override {
      CRYPTOSTREAM_TRY(node_.decode(node_.key_serde_, record.key, key_, "key"));
      CRYPTOSTREAM_TRY(node_.decode(node_.value_serde_, record.value, value_, "value"));
      timestamp_ = record.timestamp;
      if (node_.extractor_) {
        try {
          timestamp_ = node_.extractor_(Record<K, V>(key_, value_, record.timestamp, record.headers), partition_time);
        } catch (const std::exception& error) {
          return node_.refuse(Place::function, error.what());
        }
      }
      return timestamp_;
    }
    Result<void> forward(HeadersView headers) override {
      return node_.forward(Record<K, V>(key_, value_, timestamp_, headers));
    }

   private:
    TypedSourceNode& node_;
    K key_{};
    V value_{};
    Timestamp timestamp_{};
  };

  template <class T>
  Result<void> decode(const Serde<strip_optional_t<T>>& serde, OptionalBytesView bytes, T& into, const char* what) {
    if constexpr (is_optional_v<T>) {
      if (!bytes) {
        into.reset();
        return {};
      }
      if (!into) into.emplace();
      if (auto decoded = serde.decode(*bytes, *into); !decoded) return refuse_part(what, decoded.error().message());
    } else {
      if (!bytes) return refuse_part(what, "is null, and the topic's type has no std::optional for it");
      if (auto decoded = serde.decode(*bytes, into); !decoded) return refuse_part(what, decoded.error().message());
    }
    return {};
  }
  tl::unexpected<Error> refuse_part(const char* what, std::string_view why) const {
    return this->refuse(Place::decode, std::string(what) + " " + std::string(why));
  }

  Serde<strip_optional_t<K>> key_serde_;
  Serde<strip_optional_t<V>> value_serde_;
  TimestampExtractor<K, V> extractor_;
};

/// Encodes and sends. `keep_key`: no operator changed the key since a source with the same serde, so its bytes are sent
/// as they came.
template <class K, class V>
class SinkNode final : public Receiver<K, V> {
 public:
  using KeySerde = Serde<strip_optional_t<K>>;
  using ValueSerde = Serde<strip_optional_t<V>>;
  /// Names the topic of each record.
  using Chooser = std::function<std::string(const Record<K, V>&)>;

  /// `by_inner_key`: records of all windows of a key go to one partition (not so in repartition topics, as in Kafka
  /// Streams).
  SinkNode(std::string topic, Chooser chooser, KeySerde key_serde, ValueSerde value_serde, bool keep_key,
           bool by_inner_key = false)
      : topic_name_(std::move(topic)),
        chooser_(std::move(chooser)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)),
        keep_key_(keep_key),
        by_inner_key_(by_inner_key) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    if (chooser_) return {};
    CRYPTOSTREAM_TRY_ASSIGN(topic_, context.output(topic_name_));
    return {};
  }

  Result<void> receive(const Record<K, V>& record) override {
    OutputTopic* topic = topic_;
    OptionalBytesView key, value;
    try {
      if (chooser_) {
        auto chosen = this->context_->output(chooser_(record));
        if (!chosen) return this->refuse(Place::encode, chosen.error().message());
        topic = *chosen;
      }
      key = keep_key_ && this->context_->input() ? this->context_->input()->key
                                                 : encode(key_serde_, record.key, key_bytes_);
      value = encode(value_serde_, record.value, value_bytes_);
    } catch (const std::exception& error) {
      return this->refuse(Place::encode, error.what());
    }
    auto headers = typed_headers(record.headers);
    auto inner = key && by_inner_key_ ? key_serde_.partition_part(*key) : BytesView();
    auto sent = key && by_inner_key_ && inner.size() < key->size()
                    ? this->context_->send_to(*topic, this->context_->partition_for(*topic, inner), key, value,
                                              record.timestamp, headers)
                    : this->context_->send(*topic, key, value, record.timestamp, headers);
    if (!sent && sent.error().kind() == ErrorKind::bad_record)
      return this->refuse(Place::encode, sent.error().message());
    return sent;
  }

 private:
  template <class T>
  static OptionalBytesView encode(const Serde<strip_optional_t<T>>& serde, const T& value, std::string& into) {
    into.clear();
    if constexpr (is_optional_v<T>) {
      if (!value) return {};
      serde.encode(*value, into);
    } else {
      serde.encode(value, into);
    }
    return into;
  }

  /// The record's headers, with the domain type's name unless it is there already.
  HeadersView typed_headers(HeadersView headers) {
    constexpr auto type = domain_type<strip_optional_t<V>>();
    if constexpr (type.empty()) {
      return headers;
    } else {
      auto present = headers.last(type_header);
      if (present && *present == type) return headers;
      headers_.assign(headers);
      headers_.add(type_header, type);
      return headers_;
    }
  }

  std::string topic_name_;
  Chooser chooser_;
  OutputTopic* topic_ = nullptr;
  KeySerde key_serde_;
  ValueSerde value_serde_;
  bool keep_key_;
  bool by_inner_key_;
  std::string key_bytes_;
  std::string value_bytes_;
  Headers headers_;
};

}  // namespace cryptostream
