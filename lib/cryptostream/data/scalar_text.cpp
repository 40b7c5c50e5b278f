#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/json.h>
#include <cryptostream/data/scalar_text.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace cryptostream {

namespace {

template <class T>
void append_number(T value, std::string& out) {
  std::array<char, 32> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void append_double(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
  } else {
    append_number(value, out);
  }
}

Result<void> refuse(std::string_view text, std::string_view what) {
  return fail(ErrorKind::bad_record,
              fmt::format("\"{}{}\" is not {}", text.substr(0, 40), text.size() > 40 ? "…" : "", what));
}

template <class T>
Result<void> parse_number(std::string_view text, void* into, std::string_view what) {
  T value;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return refuse(text, what);
  *static_cast<T*>(into) = value;
  return {};
}

Result<void> parse_double(std::string_view text, void* into) {
  double& value = *static_cast<double*>(into);
  if (text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (text == "-Infinity") {
    value = -std::numeric_limits<double>::infinity();
  } else {
    return parse_number<double>(text, into, "a number");
  }
  return {};
}

}  // namespace

bool append_text(const TypeInfo& type, const void* value, std::string& out, TimeText times) {
  switch (type.kind) {
    case Kind::boolean:
      out += *static_cast<const bool*>(value) ? "true" : "false";
      break;
    case Kind::int32:
      append_number(*static_cast<const std::int32_t*>(value), out);
      break;
    case Kind::int64:
      append_number(*static_cast<const std::int64_t*>(value), out);
      break;
    case Kind::float64:
      append_double(*static_cast<const double*>(value), out);
      break;
    case Kind::text:
      out += *static_cast<const std::string*>(value);
      break;
    case Kind::decimal:
      static_cast<const Decimal*>(value)->append_to(out);
      break;
    case Kind::timestamp: {
      const Timestamp time = *static_cast<const Timestamp*>(value);
      if (times == TimeText::milliseconds) {
        append_number(time.ms, out);
      } else {
        out += time.to_string();
      }
      break;
    }
    case Kind::enumeration: {
      auto index = type.enum_index(value);
      if (index == type.texts.size()) throw std::domain_error(fmt::format("a value of {} has no text", type.name));
      out += type.texts[index];
      break;
    }
    case Kind::optional: {
      const void* inner = type.optional_get(value);
      return inner && append_text(*type.inner, inner, out, times);
    }
    case Kind::list:
    case Kind::map:
    case Kind::object:
      encode_json(type, value, out);
      break;
  }
  return true;
}

Result<void> parse_text(const TypeInfo& type, std::string_view text, void* into) {
  switch (type.kind) {
    case Kind::boolean:
      if (text != "true" && text != "false") return refuse(text, "true or false");
      *static_cast<bool*>(into) = text == "true";
      return {};
    case Kind::int32:
      return parse_number<std::int32_t>(text, into, "an integer of 32 bits");
    case Kind::int64:
      return parse_number<std::int64_t>(text, into, "an integer of 64 bits");
    case Kind::float64:
      return parse_double(text, into);
    case Kind::text:
      static_cast<std::string*>(into)->assign(text);
      return {};
    case Kind::decimal: {
      CRYPTOSTREAM_TRY_ASSIGN(*static_cast<Decimal*>(into), Decimal::parse(text));
      return {};
    }
    case Kind::timestamp:
      if (text.find_first_not_of("0123456789", text.starts_with('-') ? 1 : 0) == std::string_view::npos)
        return parse_number<std::int64_t>(text, &static_cast<Timestamp*>(into)->ms, "a time in milliseconds");
      { CRYPTOSTREAM_TRY_ASSIGN(*static_cast<Timestamp*>(into), Timestamp::parse(text)); }
      return {};
    case Kind::enumeration:
      for (std::size_t i = 0; i < type.texts.size(); ++i)
        if (type.texts[i] == text) {
          type.enum_assign(into, i);
          return {};
        }
      return refuse(text, fmt::format("a text of {}", type.name));
    case Kind::optional:
      return parse_text(*type.inner, text, type.optional_emplace(into));
    case Kind::list:
    case Kind::map:
    case Kind::object:
      return decode_json(type, text, into);
  }
  return {};
}

}  // namespace cryptostream
