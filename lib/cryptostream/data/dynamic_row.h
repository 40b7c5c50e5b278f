// Rows whose columns are known only at run time, walked by the same codecs and sinks as types with a schema.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/serde.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cryptostream {

/// Name and type of a column; every column may be null.
struct DynamicColumn {
  std::string name;
  Kind kind;  ///< text, decimal, int64, float64, boolean or timestamp
};

/// The columns of some rows. Immutable; must outlive the TypeInfo taken from it.
class DynamicSchema {
 public:
  /// Errors (configuration): none or more than 64 columns, a name twice, empty or not UTF-8, another kind than
  /// DynamicColumn allows.
  static Result<std::shared_ptr<const DynamicSchema>> make(std::vector<DynamicColumn> columns);

  DynamicSchema(const DynamicSchema&) = delete;
  DynamicSchema& operator=(const DynamicSchema&) = delete;

  const std::vector<DynamicColumn>& columns() const { return columns_; }
  /// Describes a DynamicRow of this schema: an object with optional fields.
  const TypeInfo& type() const { return type_; }

 private:
  explicit DynamicSchema(std::vector<DynamicColumn> columns);

  std::vector<DynamicColumn> columns_;
  std::vector<Field> fields_;
  TypeInfo type_;
};

/// Reads "symbol:text,price:decimal,time:timestamp". Types: text, decimal, int64, float64, boolean, timestamp.
/// Errors (configuration): what DynamicSchema::make refuses, an unknown type, a column without one.
Result<std::shared_ptr<const DynamicSchema>> parse_columns(std::string_view text);

/// One row. Without a schema (as default constructed) it has no cells.
class DynamicRow {
 public:
  using Cell = std::variant<std::optional<std::string>, std::optional<Decimal>, std::optional<std::int64_t>,
                            std::optional<double>, std::optional<bool>, std::optional<Timestamp>>;

  DynamicRow() = default;
  /// All cells null.
  explicit DynamicRow(std::shared_ptr<const DynamicSchema> schema);

  const std::shared_ptr<const DynamicSchema>& schema() const { return schema_; }
  std::size_t size() const { return cells_.size(); }
  const Cell& operator[](std::size_t column) const { return cells_[column]; }

  /// The value of a column whose kind T stands for. Throws std::bad_variant_access if it is another.
  template <class T>
  std::optional<T>& at(std::size_t column) {
    return std::get<std::optional<T>>(cells_[column]);
  }
  template <class T>
  const std::optional<T>& at(std::size_t column) const {
    return std::get<std::optional<T>>(cells_[column]);
  }

 private:
  std::shared_ptr<const DynamicSchema> schema_;
  std::vector<Cell> cells_;
};

/// JSON objects with the columns as members; rows that are decoded take on this schema.
class DynamicRowSerde {
 public:
  explicit DynamicRowSerde(std::shared_ptr<const DynamicSchema> schema) : schema_(std::move(schema)) {}
  void encode(const DynamicRow& row, std::string& out) const;
  Result<void> decode(BytesView bytes, DynamicRow& into) const;

 private:
  std::shared_ptr<const DynamicSchema> schema_;
};

}  // namespace cryptostream
