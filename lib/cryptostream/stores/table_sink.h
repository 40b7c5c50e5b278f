// The erased core of the sinks that write tables, and the thin typed face over it: codecs see TypeInfo, never a
// template.
#pragma once

#include <cryptostream/data/schema.h>
#include <cryptostream/data/type_info.h>
#include <cryptostream/graph/sink.h>
#include <cryptostream/stores/write_mode.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// SinkWriter without its types: `key` and `value` point to what the sink's TypeInfos describe, or are null.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  virtual std::optional<std::int64_t> position() const = 0;
  virtual Result<void> write(const void* key, const void* value, std::int64_t offset) = 0;
  virtual Result<void> commit(std::int64_t next, Rejections& rejections) = 0;
};

/// A recipe for such writers: immutable, shared by the copies of a sink.
class TableSink {
 public:
  virtual ~TableSink() = default;
  /// Default node name: the store and the table, in letters, digits, '-', '_' and '.'.
  virtual std::string name() const = 0;
  /// For messages, without secrets: `PostgreSQL table "quotes"`.
  virtual std::string description() const = 0;
  virtual Result<std::unique_ptr<TableWriter>> open(const SinkTask& task) const = 0;
};

/// The face of every table sink: satisfies Sink. Copies share the recipe.
template <class T, class K>
class TypedTableSink {
 public:
  using Key = K;
  using Value = T;

  explicit TypedTableSink(std::shared_ptr<const TableSink> table) : table_(std::move(table)) {}

  std::string name() const { return table_->name(); }
  std::string description() const { return table_->description(); }

  Result<std::unique_ptr<SinkWriter<K, T>>> open(const SinkTask& task) const {
    CRYPTOSTREAM_TRY_ASSIGN(auto writer, table_->open(task));
    return std::make_unique<Writer>(std::move(writer));
  }

 private:
  class Writer final : public SinkWriter<K, T> {
   public:
    explicit Writer(std::unique_ptr<TableWriter> writer) : writer_(std::move(writer)) {}
    std::optional<std::int64_t> position() const override { return writer_->position(); }
    Result<void> write(const SinkRecord<K, T>& record) override {
      return writer_->write(record.key, record.value, record.offset);
    }
    Result<void> commit(std::int64_t next, Rejections& rejections) override {
      return writer_->commit(next, rejections);
    }

   private:
    std::unique_ptr<TableWriter> writer_;
  };

  std::shared_ptr<const TableSink> table_;
};

}  // namespace cryptostream
