#include <cryptostream/data/csv.h>

#include <algorithm>

namespace cryptostream {

namespace {

// Puts quotes around out[begin…] if the cell needs them.
void quote(std::string& out, std::size_t begin, const CsvFormat& format) {
  auto needs_quotes = [&](char c) { return c == '"' || c == '\n' || c == '\r' || c == format.delimiter; };
  if (out.size() != begin && std::none_of(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), needs_quotes))
    return;
  const std::string plain = out.substr(begin);
  out.resize(begin);
  out += '"';
  for (char c : plain) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

bool looks_like_formula(char first) { return first == '=' || first == '+' || first == '-' || first == '@'; }

void append_guarded(std::string_view text, const CsvFormat& format, std::string& out) {
  const auto begin = out.size();
  if (format.guard_formulas && !text.empty() && looks_like_formula(text.front())) out += '\'';
  out += text;
  quote(out, begin, format);
}

void append_cell(const TypeInfo& type, const void* value, const CsvFormat& format, std::string& out) {
  if (type.kind == Kind::optional) {
    if (const void* inner = type.optional_get(value)) append_cell(*type.inner, inner, format, out);
  } else if (type.kind == Kind::text) {
    append_guarded(*static_cast<const std::string*>(value), format, out);
  } else {
    const auto begin = out.size();
    append_text(type, value, out, format.times);
    quote(out, begin, format);
  }
}

}  // namespace

void append_csv_cell(std::optional<std::string_view> text, const CsvFormat& format, std::string& out) {
  if (text) append_guarded(*text, format, out);
}

void append_csv_header(const TypeInfo& object, const CsvFormat& format, std::string& out) {
  for (const Field& field : object.fields) {
    if (&field != object.fields.data()) out += format.delimiter;
    append_guarded(field.name, format, out);
  }
  out += format.line_end;
}

void append_csv_row(const TypeInfo& object, const void* value, const CsvFormat& format, std::string& out) {
  const auto begin = out.size();
  try {
    for (const Field& field : object.fields) {
      if (&field != object.fields.data()) out += format.delimiter;
      append_cell(*field.type, field.get(value), format, out);
    }
  } catch (...) {
    out.resize(begin);
    throw;
  }
  out += format.line_end;
}

CsvReader::CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {
  if (text_.starts_with(csv_bom)) text_.remove_prefix(csv_bom.size());
}

Result<bool> CsvReader::next(std::vector<std::optional<std::string>>& cells) {
  cells.clear();
  if (at_ == text_.size()) return false;
  line_ = lines_read_;
  while (true) {
    CRYPTOSTREAM_TRY_ASSIGN(cells.emplace_back(), cell());
    if (at_ == text_.size()) return true;
    if (text_[at_] == delimiter_) {
      ++at_;
      continue;
    }
    if (!at_line_end()) return refuse("text after a closing quote");
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++lines_read_;
    return true;
  }
}

bool CsvReader::at_line_end() const {
  return at_ == text_.size() || text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n");
}

Result<std::optional<std::string>> CsvReader::cell() {
  if (at_ < text_.size() && text_[at_] == '"') {
    CRYPTOSTREAM_TRY_ASSIGN(auto quoted, quoted_cell());
    return quoted;
  }
  const auto begin = at_;
  while (!at_line_end() && text_[at_] != delimiter_) {
    if (text_[at_] == '"') return refuse("a quote within unquoted text");
    if (text_[at_] == '\r') return refuse("a bare CR");
    ++at_;
  }
  if (at_ == begin) return std::nullopt;
  return std::string(text_.substr(begin, at_ - begin));
}

Result<std::string> CsvReader::quoted_cell() {
  std::string out;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '"') {
      ++at_;
      if (at_ == text_.size() || text_[at_] != '"') return out;
    }
    if (text_[at_] == '\n') ++lines_read_;
    out += text_[at_];
  }
  return refuse("a quote is not closed");
}

tl::unexpected<Error> CsvReader::refuse(std::string_view what) const {
  return fail(ErrorKind::bad_record, fmt::format("CSV line {}: {}", line_, what));
}

Result<CsvRows> CsvRows::open(const TypeInfo& object, std::string_view text, char delimiter) {
  CsvRows rows(object, CsvReader(text, delimiter));
  CRYPTOSTREAM_TRY_ASSIGN(bool any, rows.reader_.next(rows.cells_));
  if (!any) return fail(ErrorKind::bad_record, "CSV line 1: no header");
  rows.width_ = rows.cells_.size();
  rows.columns_.resize(object.fields.size());
  for (std::size_t f = 0; f < object.fields.size(); ++f) {
    const Field& field = object.fields[f];
    for (std::size_t c = 0; c < rows.cells_.size(); ++c) {
      if (rows.cells_[c] != field.name) continue;
      if (rows.columns_[f]) return fail(ErrorKind::bad_record, fmt::format("CSV line 1: two columns {}", field.name));
      rows.columns_[f] = c;
    }
    if (!rows.columns_[f] && !field.optional())
      return fail(ErrorKind::bad_record, fmt::format("CSV line 1: no column {}", field.name));
  }
  return rows;
}

Result<bool> CsvRows::next(void* into) {
  CRYPTOSTREAM_TRY_ASSIGN(bool any, reader_.next(cells_));
  if (!any) return false;
  if (cells_.size() != width_)
    return fail(ErrorKind::bad_record,
                fmt::format("CSV line {}: {} cells, the header has {}", reader_.line(), cells_.size(), width_));
  for (std::size_t f = 0; f < columns_.size(); ++f) {
    const Field& field = object_->fields[f];
    void* member = field.get_mutable(into);
    const auto* cell = columns_[f] ? &cells_[*columns_[f]] : nullptr;
    if (cell && *cell) {
      if (auto read = parse_text(*field.type, **cell, member); !read)
        return fail(
            std::move(read).error().with_context(fmt::format("CSV line {}, column {}", reader_.line(), field.name)));
    } else if (field.optional()) {
      field.type->optional_reset(member);
    } else {
      return fail(ErrorKind::bad_record, fmt::format("CSV line {}, column {}: empty", reader_.line(), field.name));
    }
  }
  return true;
}

}  // namespace cryptostream
