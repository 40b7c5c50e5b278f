#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/scalar_text.h>
#include <cryptostream/stores/iso_text.h>
#include <cryptostream/stores/sqlite/row_codec.h>

#include <fmt/format.h>

#include <cmath>
#include <cstring>

namespace cryptostream::sqlite {
namespace {

enum Tag : char { null = 'n', integer = 'i', real = 'r', text = 't' };

template <class T>
void append_fixed(Tag tag, T value, std::string& out) {
  static_assert(sizeof(T) == 8);
  out += tag;
  out.append(reinterpret_cast<const char*>(&value), 8);
}

template <class T>
T take(std::string_view& packed) {
  T value;
  std::memcpy(&value, packed.data(), sizeof value);
  packed.remove_prefix(sizeof value);
  return value;
}

/// Appends what `append` appends, with its length before it.
template <class Append>
void append_sized(std::string& out, Append append) {
  out += Tag::text;
  auto at = out.size();
  out.append(8, '\0');
  append();
  std::uint64_t length = out.size() - at - 8;
  std::memcpy(out.data() + at, &length, 8);
}

tl::unexpected<Error> refuse(const Column& column, std::string_view why) {
  return fail(ErrorKind::bad_record, fmt::format("column '{}': {}", column.name, why));
}

}  // namespace

Result<void> append_value(const Column& column, const void* at, std::string& out) {
  if (at == nullptr) {
    out += Tag::null;
    return {};
  }
  switch (column.type->kind) {
    case Kind::boolean:
      append_fixed(Tag::integer, std::int64_t{*static_cast<const bool*>(at)}, out);
      break;
    case Kind::int32:
      append_fixed(Tag::integer, std::int64_t{*static_cast<const std::int32_t*>(at)}, out);
      break;
    case Kind::int64:
      append_fixed(Tag::integer, *static_cast<const std::int64_t*>(at), out);
      break;
    case Kind::float64: {
      double value = *static_cast<const double*>(at);
      if (std::isnan(value)) return refuse(column, "NaN cannot be stored in SQLite, which turns it into NULL");
      append_fixed(Tag::real, value, out);
      break;
    }
    case Kind::timestamp: {
      bool known = true;
      append_sized(out, [&] { known = append_iso(*static_cast<const Timestamp*>(at), out); });
      if (!known) return refuse(column, "a time outside the years 0001 to 9999");
      break;
    }
    default:
      append_sized(out, [&] { append_text(*column.type, at, out); });
  }
  return {};
}

void bind_row(Statement& statement, std::string_view packed) {
  for (int index = 1; !packed.empty(); ++index) {
    char tag = packed.front();
    packed.remove_prefix(1);
    if (tag == Tag::integer) {
      statement.bind(index, take<std::int64_t>(packed));
    } else if (tag == Tag::real) {
      statement.bind(index, take<double>(packed));
    } else if (tag == Tag::text) {
      auto length = static_cast<std::size_t>(take<std::uint64_t>(packed));
      statement.bind(index, packed.substr(0, length));
      packed.remove_prefix(length);
    } else {
      statement.bind_null(index);
    }
  }
}

}  // namespace cryptostream::sqlite
