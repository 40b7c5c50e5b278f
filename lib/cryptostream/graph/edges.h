// Sources and sinks of the outside world, erased, so that the runtime need not know their types.
#pragma once

#include <cryptostream/data/topic.h>
#include <cryptostream/graph/node.h>
#include <cryptostream/graph/sink.h>
#include <cryptostream/graph/source.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace cryptostream {

/// A source's batch whose type only its own source node knows.
class ExternalBatch {
 public:
  virtual ~ExternalBatch() = default;
  virtual std::size_t size() const = 0;
  virtual const std::string& position() const = 0;
  /// Sends record `index` into the graph at `source`, the node that the same external source made.
  virtual Result<void> deliver(std::size_t index, Node& source) const = 0;
  /// Key and value as bytes, for a dead letter; null where the type has no default serde.
  virtual void encode(std::size_t index, OptionalBytes& key, OptionalBytes& value) const = 0;
};

/// A reader whose type only its own source node knows.
class ExternalReader {
 public:
  virtual ~ExternalReader() = default;
  virtual Result<std::unique_ptr<ExternalBatch>> poll(std::stop_token stop) = 0;
};

/// A Source in the blueprint.
class ExternalSource {
 public:
  virtual ~ExternalSource() = default;
  virtual std::string name() const = 0;
  virtual int partitions() const = 0;
  virtual Result<std::unique_ptr<ExternalReader>> open(const SourceTask& task, std::stop_token stop) const = 0;
};

template <Source S>
class TypedExternalSource final : public ExternalSource {
 public:
  using Key = typename S::Key;
  using Value = typename S::Value;

  explicit TypedExternalSource(S source) : source_(std::move(source)) {}
  std::string name() const override { return source_.name(); }
  int partitions() const override { return source_.partitions(); }
  Result<std::unique_ptr<ExternalReader>> open(const SourceTask& task, std::stop_token stop) const override {
    CRYPTOSTREAM_TRY_ASSIGN(auto reader, source_.open(task, stop));
    return std::make_unique<TypedReader>(std::move(reader));
  }

  /// The node that batches of this source are delivered to.
  class EntryNode final : public Node {
   public:
    Result<void> receive(const OwnedRecord<Key, Value>& record) {
      return forward(Record<Key, Value>(record.key, record.value, record.timestamp, record.headers));
    }
  };

 private:
  struct TypedBatch final : ExternalBatch {
    explicit TypedBatch(SourceBatch<Key, Value> b) : batch(std::move(b)) {}
    std::size_t size() const override { return batch.records.size(); }
    const std::string& position() const override { return batch.position; }
    Result<void> deliver(std::size_t index, Node& source) const override {
      return static_cast<EntryNode&>(source).receive(batch.records[index]);
    }
    void encode(std::size_t index, OptionalBytes& key, OptionalBytes& value) const override {
      encode_part(batch.records[index].key, key);
      encode_part(batch.records[index].value, value);
    }
    template <class T>
    static void encode_part(const T& part, OptionalBytes& into) {
      into.reset();
      if constexpr (is_optional_v<T>) {
        if (part) encode_part(*part, into);
      } else if constexpr (HasDefaultSerde<T>) {
        default_serde<T>().encode(part, into.emplace());
      }
    }
    SourceBatch<Key, Value> batch;
  };
  struct TypedReader final : ExternalReader {
    explicit TypedReader(std::unique_ptr<SourceReader<Key, Value>> r) : reader(std::move(r)) {}
    Result<std::unique_ptr<ExternalBatch>> poll(std::stop_token stop) override {
      CRYPTOSTREAM_TRY_ASSIGN(auto batch, reader->poll(std::move(stop)));
      return std::make_unique<TypedBatch>(std::move(batch));
    }
    std::unique_ptr<SourceReader<Key, Value>> reader;
  };

  S source_;
};

/// The node in front of a sink's writer. The task opens it, commits through it and closes it.
class ExternalSinkNode {
 public:
  virtual ~ExternalSinkNode() = default;
  /// Opens a new writer (closing a former one) and returns the position it holds.
  virtual Result<std::optional<std::int64_t>> open(const SinkTask& task) = 0;
  virtual Result<void> commit(std::int64_t next, Rejections& rejections) = 0;
  virtual void close() = 0;
};

template <class K, class V, Sink S>
class TypedExternalSinkNode final : public Receiver<K, V>, public ExternalSinkNode {
 public:
  explicit TypedExternalSinkNode(S sink) : sink_(std::move(sink)) {}

  Result<void> receive(const Record<K, V>& record) override {
    SinkRecord<typename S::Key, typename S::Value> row{address_of(record.key), address_of(record.value),
                                                       record.timestamp, this->context_->input()->offset,
                                                       record.headers};
    auto written = writer_->write(row);
    if (!written && written.error().kind() == ErrorKind::bad_record)
      return this->refuse(Place::sink, written.error().message());
    return written;
  }

  Result<std::optional<std::int64_t>> open(const SinkTask& task) override {
    writer_.reset();
    CRYPTOSTREAM_TRY_ASSIGN(writer_, sink_.open(task));
    return writer_->position();
  }
  Result<void> commit(std::int64_t next, Rejections& rejections) override { return writer_->commit(next, rejections); }
  void close() override { writer_.reset(); }

 private:
  S sink_;
  std::unique_ptr<SinkWriter<typename S::Key, typename S::Value>> writer_;
};

}  // namespace cryptostream
