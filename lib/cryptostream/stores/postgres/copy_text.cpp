#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/scalar_text.h>
#include <cryptostream/stores/iso_text.h>
#include <cryptostream/stores/postgres/copy_text.h>

#include <fmt/format.h>

#include <array>

namespace cryptostream::postgres {
namespace {

/// What stands for a byte after a backslash; 0: the byte stands for itself. A zero byte maps to itself to be found.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  escapes['\\'] = '\\';
  escapes['\t'] = 't';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes[0] = '0';
  return escapes;
}
constexpr auto escapes = make_escapes();

/// False for a text with a zero byte.
bool append_escaped(std::string_view text, std::string& out) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char escape = escapes[static_cast<unsigned char>(text[i])];
    if (escape == 0) [[likely]]
      continue;
    if (escape == '0') return false;
    out.append(text, from, i - from);
    out += '\\';
    out += escape;
    from = i + 1;
  }
  out.append(text, from);
  return true;
}

tl::unexpected<Error> refuse(const Column& column, std::string_view why) {
  return fail(ErrorKind::bad_record, fmt::format("column '{}': {}", column.name, why));
}

}  // namespace

Result<void> append_value(const Column& column, const void* at, std::string& out) {
  if (at == nullptr) {
    out += "\\N";
    return {};
  }
  switch (column.type->kind) {
    case Kind::timestamp:
      if (!append_iso(*static_cast<const Timestamp*>(at), out))
        return refuse(column, "a time outside the years 0001 to 9999");
      break;
    case Kind::text:
      if (!append_escaped(*static_cast<const std::string*>(at), out))
        return refuse(column, "a zero byte, which PostgreSQL's texts cannot hold");
      break;
    case Kind::enumeration:
    case Kind::optional:
    case Kind::list:
    case Kind::map:
    case Kind::object: {
      thread_local std::string text;
      text.clear();
      append_text(*column.type, at, text);
      append_escaped(text, out);  // in JSON a zero byte is \u0000
      break;
    }
    default:
      append_text(*column.type, at, out);  // numbers and booleans, which have nothing to escape
  }
  return {};
}

const char* column_type(const TypeInfo& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "boolean";
    case Kind::int32:
      return "integer";
    case Kind::int64:
      return "bigint";
    case Kind::float64:
      return "double precision";
    case Kind::decimal:
      return "numeric";
    case Kind::timestamp:
      return "timestamp with time zone";
    case Kind::text:
    case Kind::enumeration:
      return "text";
    default:
      return "jsonb";
  }
}

}  // namespace cryptostream::postgres
