#include <cryptostream/data/dynamic_row.h>
#include <cryptostream/data/utf8.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace cryptostream {

namespace {

// A getter has no argument to say which column: so there is one for each.
template <std::size_t Column>
const void* get_cell(const void* row) {
  return std::visit([](const auto& cell) -> const void* { return &cell; },
                    (*static_cast<const DynamicRow*>(row))[Column]);
}

constexpr auto getters = []<std::size_t... I>(std::index_sequence<I...>) { return std::array{&get_cell<I>...}; }
(std::make_index_sequence<max_fields>());

struct ColumnKind {
  std::string_view name;
  Kind kind;
  const TypeInfo* type;
  DynamicRow::Cell (*empty)();
};

template <class T>
constexpr ColumnKind column_kind(std::string_view name, Kind kind) {
  return {name, kind, &type_of<std::optional<T>>(), [] { return DynamicRow::Cell(std::optional<T>()); }};
}

constexpr std::array column_kinds{
    column_kind<std::string>("text", Kind::text),    column_kind<Decimal>("decimal", Kind::decimal),
    column_kind<std::int64_t>("int64", Kind::int64), column_kind<double>("float64", Kind::float64),
    column_kind<bool>("boolean", Kind::boolean),     column_kind<Timestamp>("timestamp", Kind::timestamp),
};

const ColumnKind* find_kind(Kind kind) {
  for (const auto& known : column_kinds)
    if (known.kind == kind) return &known;
  return nullptr;
}

tl::unexpected<Error> refuse(std::string what) { return fail(ErrorKind::configuration, "columns: " + std::move(what)); }

}  // namespace

Result<std::shared_ptr<const DynamicSchema>> DynamicSchema::make(std::vector<DynamicColumn> columns) {
  if (columns.empty()) return refuse("none given; write name:type,…");
  if (columns.size() > max_fields) return refuse(fmt::format("{} given, {} are the limit", columns.size(), max_fields));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& [name, kind] = columns[i];
    if (name.empty()) return refuse(fmt::format("column {} has no name", i + 1));
    if (!valid_utf8(name)) return refuse(fmt::format("the name of column {} is not UTF-8", i + 1));
    if (!find_kind(kind)) return refuse(fmt::format("\"{}\" has a kind that columns cannot have", name));
    for (std::size_t j = 0; j < i; ++j)
      if (columns[j].name == name) return refuse(fmt::format("\"{}\" twice", name));
  }
  return std::shared_ptr<const DynamicSchema>(new DynamicSchema(std::move(columns)));
}

DynamicSchema::DynamicSchema(std::vector<DynamicColumn> columns) : columns_(std::move(columns)), type_{} {
  for (std::size_t i = 0; i < columns_.size(); ++i)
    fields_.push_back({columns_[i].name, find_kind(columns_[i].kind)->type, FieldFlags::none, getters[i]});
  type_.kind = Kind::object;
  type_.name = "row";
  type_.fields = fields_;
}

Result<std::shared_ptr<const DynamicSchema>> parse_columns(std::string_view text) {
  std::vector<DynamicColumn> columns;
  while (!text.empty()) {
    const auto column = text.substr(0, text.find(','));
    const bool more = column.size() < text.size();
    text.remove_prefix(column.size() + (more ? 1 : 0));
    if (more && text.empty()) return refuse("nothing after the last comma");
    const auto colon = column.rfind(':');
    if (colon == std::string_view::npos) return refuse(fmt::format("\"{}\" has no type; write name:type", column));
    const auto name = column.substr(0, colon);
    const auto type = column.substr(colon + 1);
    const ColumnKind* found = nullptr;
    std::string all;
    for (const auto& known : column_kinds) {
      if (known.name == type) found = &known;
      all += fmt::format("{}{}", all.empty() ? "" : ", ", known.name);
    }
    if (!found) return refuse(fmt::format("\"{}\" has type \"{}\"; types are {}", name, type, all));
    columns.push_back({std::string(name), found->kind});
  }
  return DynamicSchema::make(std::move(columns));
}

DynamicRow::DynamicRow(std::shared_ptr<const DynamicSchema> schema) : schema_(std::move(schema)) {
  for (const auto& column : schema_->columns()) cells_.push_back(find_kind(column.kind)->empty());
}

void DynamicRowSerde::encode(const DynamicRow& row, std::string& out) const {
  if (row.schema() != schema_) throw std::domain_error("a row of other columns than its topic's");
  encode_json(schema_->type(), &row, out);
}

Result<void> DynamicRowSerde::decode(BytesView bytes, DynamicRow& into) const {
  if (into.schema() != schema_) into = DynamicRow(schema_);
  return decode_json(schema_->type(), bytes, &into);
}

}  // namespace cryptostream
