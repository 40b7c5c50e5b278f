// The named functions of scenarios over concrete types: text, int64, windowed keys, and each of them where it may be
// absent.
#pragma once

#include <cryptostream/cryptostream.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace conformance::typed {

namespace cs = cryptostream;

inline std::string text(const std::string& value) { return value; }
inline std::string text(std::int64_t value) { return std::to_string(value); }
template <class K>
std::string text(const cs::Windowed<K>& key) {
  return text(key.key) + "@" + std::to_string(key.window.start.ms) + "/" + std::to_string(key.window.end.ms);
}
template <class T>
std::string text(const std::optional<T>& value) {
  return value ? text(*value) : "null";
}
template <class T>
std::string or_empty(const T& value) {
  return text(value);
}
template <class T>
std::string or_empty(const std::optional<T>& value) {
  return value ? text(*value) : "";
}
template <class T>
bool present(const T&) {
  return true;
}
template <class T>
bool present(const std::optional<T>& value) {
  return value.has_value();
}

// What a function gives where its value may be absent: absent for absent.
template <class T, class F>
auto lifted(const T& value, F function) {
  if constexpr (cs::is_optional_v<T>) {
    using R = std::optional<decltype(function(text(value)))>;
    return value ? R(function(text(value))) : R();
  } else {
    return function(text(value));
  }
}

#define CONFORMANCE_FUNCTION(name, body)                          \
  inline constexpr auto name = [](const auto& k, const auto& v) { \
    (void)k, (void)v;                                             \
    return body;                                                  \
  }

// Predicates.
namespace predicate {
CONFORMANCE_FUNCTION(true_, true);
CONFORMANCE_FUNCTION(false_, false);
CONFORMANCE_FUNCTION(even_length, or_empty(v).size() % 2 == 0);
CONFORMANCE_FUNCTION(has_a, or_empty(v).find('a') != std::string::npos);
CONFORMANCE_FUNCTION(starts_with_x, or_empty(v).starts_with("x"));
CONFORMANCE_FUNCTION(value_not_null, present(v));
CONFORMANCE_FUNCTION(key_not_null, present(k));
CONFORMANCE_FUNCTION(key_before_m, present(k) && text(k) < "m");
}  // namespace predicate

// Mappers of key and value.
namespace mapper {
using OptionalText = std::optional<std::string>;
CONFORMANCE_FUNCTION(key, k);
CONFORMANCE_FUNCTION(value, v);
CONFORMANCE_FUNCTION(null, OptionalText());
CONFORMANCE_FUNCTION(const_, std::string("c"));
CONFORMANCE_FUNCTION(upper, lifted(v, [](std::string s) {
                       std::transform(s.begin(), s.end(), s.begin(),
                                      [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
                       return s;
                     }));
CONFORMANCE_FUNCTION(reverse, lifted(v, [](std::string s) { return std::string(s.rbegin(), s.rend()); }));
CONFORMANCE_FUNCTION(text, typed::text(v));
CONFORMANCE_FUNCTION(key_text, typed::text(k));
CONFORMANCE_FUNCTION(with_key, typed::text(k) + ":" + typed::text(v));
CONFORMANCE_FUNCTION(first_char, or_empty(v).empty() ? OptionalText() : OptionalText(or_empty(v).substr(0, 1)));
CONFORMANCE_FUNCTION(key_first_char, or_empty(k).empty() ? OptionalText() : OptionalText(or_empty(k).substr(0, 1)));
CONFORMANCE_FUNCTION(null_if_x,
                     !present(v) || or_empty(v).starts_with("x") ? OptionalText() : OptionalText(typed::text(v)));
CONFORMANCE_FUNCTION(key_null_if_x,
                     !present(k) || or_empty(v).starts_with("x") ? OptionalText() : OptionalText(typed::text(k)));
CONFORMANCE_FUNCTION(length, lifted(v, [](const std::string& s) { return static_cast<std::int64_t>(s.size()); }));
}  // namespace mapper

// Flatteners of a value.
namespace flattener {
inline constexpr auto chars = [](const auto&, const auto& v) {
  std::vector<std::string> characters;
  for (char c : or_empty(v)) characters.emplace_back(1, c);
  return characters;
};
inline constexpr auto twice = [](const auto&, const auto& v) {
  if constexpr (cs::is_optional_v<std::remove_cvref_t<decltype(v)>>) {
    auto one = v ? std::optional<std::string>(text(*v)) : std::nullopt;
    return std::vector{one, one};
  } else {
    return std::vector{text(v), text(v)};
  }
};
inline constexpr auto none = [](const auto&, const auto&) { return std::vector<std::string>(); };
}  // namespace flattener

// Joiners of a left and a right value.
namespace joiner {
inline constexpr auto concat = [](const auto& l, const auto& r) { return "(" + text(l) + "," + text(r) + ")"; };
inline constexpr auto key_concat = [](const auto& k, const auto& l, const auto& r) {
  return text(k) + "=(" + text(l) + "," + text(r) + ")";
};
inline constexpr auto null_if_x = [](const auto& l, const auto& r) {
  return or_empty(l).starts_with("x") ? std::optional<std::string>() : std::optional<std::string>(concat(l, r));
};
}  // namespace joiner

namespace initializer {
inline constexpr auto empty = [] { return std::string(); };
inline constexpr auto init = [] { return std::string("I"); };
inline constexpr auto zero = [] { return std::int64_t{0}; };
inline constexpr auto null = [] { return std::optional<std::string>(); };
inline constexpr auto null_number = [] { return std::optional<std::int64_t>(); };
}  // namespace initializer

inline std::int64_t number(std::int64_t value) { return value; }
inline std::int64_t number(const std::optional<std::int64_t>& value) { return value.value_or(0); }

// Aggregators and reducers: what there is, and what is added.
namespace aggregator {
inline constexpr auto append = [](const auto& a, const auto& v) { return or_empty(a) + "+" + text(v); };
inline constexpr auto remove = [](const auto& a, const auto& v) { return or_empty(a) + "-" + text(v); };
inline constexpr auto null_on_x = [](const auto& a, const auto& v) {
  return or_empty(v).starts_with("x") ? std::optional<std::string>() : std::optional<std::string>(append(a, v));
};
inline constexpr auto latest = [](const auto&, const auto& v) { return lifted(v, [](std::string s) { return s; }); };
inline constexpr auto max = [](const auto& a, const auto& v) { return std::max(or_empty(a), text(v)); };
inline constexpr auto count = [](const auto& a, const auto&) { return number(a) + 1; };
inline constexpr auto uncount = [](const auto& a, const auto&) { return number(a) - 1; };
inline constexpr auto sum_length = [](const auto& a, const auto& v) {
  return number(a) + static_cast<std::int64_t>(or_empty(v).size());
};
inline constexpr auto subtract_length = [](const auto& a, const auto& v) {
  return number(a) - static_cast<std::int64_t>(or_empty(v).size());
};
inline constexpr auto sum = [](const auto& a, const auto& v) { return number(a) + number(v); };
inline constexpr auto subtract = [](const auto& a, const auto& v) { return number(a) - number(v); };
}  // namespace aggregator

namespace merger {
inline constexpr auto concat = [](const auto& a, const auto& b) { return "[" + or_empty(a) + "|" + or_empty(b) + "]"; };
inline constexpr auto sum = [](const auto& a, const auto& b) { return number(a) + number(b); };
}  // namespace merger

// A timestamp extractor: the number before the first ':' of the value, else -1.
template <class K, class V>
cs::Timestamp time_in_value(const cs::Record<K, V>& record, cs::Timestamp) {
  auto value = or_empty(record.value);
  auto colon = value.find(':');
  if (colon == std::string::npos || colon == 0) return {-1};
  for (std::size_t i = 0; i < colon; ++i)
    if (value[i] < '0' || value[i] > '9') return {-1};
  return {std::stoll(value.substr(0, colon))};
}

/// Writes a stream to a topic of its own types, with the serdes that it knows.
template <class K, class V>
void to(const cs::Stream<K, V>& stream, const std::string& name, const cs::Named& named = {}) {
  const auto& inner = stream.inner();
  stream.to(cs::KafkaTopic<K, V>(name, cs::serde_or_default(inner.keys, name, "key"),
                                 cs::serde_or_default(inner.values, name, "value")),
            named);
}

}  // namespace conformance::typed
