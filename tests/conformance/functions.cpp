#include "functions.h"

#include <algorithm>
#include <map>

namespace conformance {
namespace {

template <class F>
using Library = std::map<std::string, F>;

template <class F>
const F& find(const Library<F>& library, const char* kind, const std::string& name) {
  auto found = library.find(name);
  if (found == library.end()) throw ScenarioError("unknown " + std::string(kind) + ": " + name);
  return found->second;
}

std::string text_or_empty(const Value& value) { return value ? text(*value) : std::string(); }

std::int64_t number_or_zero(const Value& value) {
  if (!value) return 0;
  if (const auto* number = std::get_if<std::int64_t>(&value->content)) return *number;
  throw std::runtime_error("a long is expected, \"" + text(*value) + "\" found");
}

std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// UTF-8, a string for each character.
std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> list;
  for (char c : text) {
    bool continues = (static_cast<unsigned char>(c) & 0xc0) == 0x80;
    if (continues && !list.empty()) {
      list.back() += c;
    } else {
      list.emplace_back(1, c);
    }
  }
  return list;
}

std::int64_t length(const Value& value) { return static_cast<std::int64_t>(characters(text_or_empty(value)).size()); }
bool starts_with_x(const Value& value) { return text_or_empty(value).starts_with('x'); }
Value as_text(const Value& value) { return value ? Value(data(text(*value))) : std::nullopt; }
Value first_character(const Value& value) {
  auto all = characters(text_or_empty(value));
  return all.empty() ? std::nullopt : Value(data(all.front()));
}
Value append(const Value& aggregate, const Value& value) { return data(text_or_empty(aggregate) + "+" + text(value)); }
Value remove(const Value& aggregate, const Value& value) { return data(text_or_empty(aggregate) + "-" + text(value)); }
Value null_on_x(const Value& aggregate, const Value& value) {
  return starts_with_x(value) ? std::nullopt : append(aggregate, value);
}
Value pair(const Value& left, const Value& right) { return data("(" + text(left) + "," + text(right) + ")"); }

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string reversed(const std::string& text) {
  auto all = characters(text);
  std::string backward;
  for (auto each = all.rbegin(); each != all.rend(); ++each) backward += *each;
  return backward;
}

}  // namespace

Type Mapper::type(const Type& key, const Type& value) const {
  switch (gives) {
    case Gives::key:
      return key;
    case Gives::value:
      return value;
    case Gives::text:
      return DataType::text();
    case Gives::number:
      return DataType::number();
  }
  return key;
}

const Predicate& predicate(const std::string& name) {
  static const Library<Predicate> all = {
      {"true", [](auto&, auto&) { return true; }},
      {"false", [](auto&, auto&) { return false; }},
      {"even_length", [](auto&, auto& v) { return length(v) % 2 == 0; }},
      {"has_a", [](auto&, auto& v) { return text_or_empty(v).find('a') != std::string::npos; }},
      {"starts_with_x", [](auto&, auto& v) { return starts_with_x(v); }},
      {"value_not_null", [](auto&, auto& v) { return v.has_value(); }},
      {"key_not_null", [](auto& k, auto&) { return k.has_value(); }},
      {"key_before_m", [](auto& k, auto&) { return k && text(*k) < "m"; }},
  };
  return find(all, "predicate", name);
}

const Mapper& mapper(const std::string& name) {
  using Gives = Mapper::Gives;
  static const Library<Mapper> all = {
      {"key", {Gives::key, [](auto& k, auto&) { return k; }}},
      {"value", {Gives::value, [](auto&, auto& v) { return v; }}},
      {"null", {Gives::text, [](auto&, auto&) { return Value(); }}},
      {"const", {Gives::text, [](auto&, auto&) { return Value(data("c")); }}},
      {"upper", {Gives::text, [](auto&, auto& v) { return v ? Value(data(upper(text(*v)))) : Value(); }}},
      {"reverse", {Gives::text, [](auto&, auto& v) { return v ? Value(data(reversed(text(*v)))) : Value(); }}},
      {"text", {Gives::text, [](auto&, auto& v) { return Value(data(text(v))); }}},
      {"key_text", {Gives::text, [](auto& k, auto&) { return Value(data(text(k))); }}},
      {"with_key", {Gives::text, [](auto& k, auto& v) { return Value(data(text(k) + ":" + text(v))); }}},
      {"first_char", {Gives::text, [](auto&, auto& v) { return first_character(v); }}},
      {"key_first_char", {Gives::text, [](auto& k, auto&) { return first_character(k); }}},
      {"null_if_x", {Gives::text, [](auto&, auto& v) { return starts_with_x(v) ? Value() : as_text(v); }}},
      {"key_null_if_x", {Gives::text, [](auto& k, auto& v) { return starts_with_x(v) ? Value() : as_text(k); }}},
      {"length", {Gives::number, [](auto&, auto& v) { return v ? Value(data(length(v))) : Value(); }}},
  };
  return find(all, "mapper", name);
}

const Flattener& flattener(const std::string& name) {
  static const Library<Flattener> all = {
      {"chars",
       [](const Value& v) {
         std::vector<Value> list;
         for (auto& each : characters(text_or_empty(v))) list.emplace_back(data(std::move(each)));
         return list;
       }},
      {"twice",
       [](const Value& v) {
         return std::vector<Value>{as_text(v), as_text(v)};
       }},
      {"none", [](const Value&) { return std::vector<Value>(); }},
  };
  return find(all, "flattener", name);
}

const Joiner& joiner(const std::string& name) {
  static const Library<Joiner> all = {
      {"concat", [](auto&, auto& l, auto& r) { return pair(l, r); }},
      {"key_concat",
       [](auto& k, auto& l, auto& r) { return Value(data(text(k) + "=(" + text(l) + "," + text(r) + ")")); }},
      {"null_if_x", [](auto&, auto& l, auto& r) { return starts_with_x(l) ? Value() : pair(l, r); }},
  };
  return find(all, "joiner", name);
}

const Initializer& initializer(const std::string& name) {
  static const Library<Initializer> all = {
      {"empty", [] { return Value(data("")); }},
      {"init", [] { return Value(data("I")); }},
      {"zero", [] { return Value(data(std::int64_t{0})); }},
      {"null", [] { return Value(); }},
  };
  return find(all, "initializer", name);
}

const Aggregator& aggregator(const std::string& name) {
  auto plus = [](const Value& aggregate, std::int64_t add) {
    return Value(data(wrapping_sum(number_or_zero(aggregate), add)));
  };
  static const auto& string = DataType::text();
  static const auto& number = DataType::number();
  static const Library<Aggregator> all = {
      {"append", {string, [](auto& v, auto& a) { return append(a, v); }}},
      {"remove", {string, [](auto& v, auto& a) { return remove(a, v); }}},
      {"null_on_x", {string, [](auto& v, auto& a) { return null_on_x(a, v); }}},
      {"latest", {string, [](auto& v, auto&) { return as_text(v); }}},
      {"max", {string, [](auto& v, auto& a) { return Value(data(std::max(text_or_empty(a), text(v)))); }}},
      {"count", {number, [plus](auto&, auto& a) { return plus(a, 1); }}},
      {"uncount", {number, [plus](auto&, auto& a) { return plus(a, -1); }}},
      {"sum_length", {number, [plus](auto& v, auto& a) { return plus(a, length(v)); }}},
      {"subtract_length", {number, [plus](auto& v, auto& a) { return plus(a, -length(v)); }}},
  };
  return find(all, "aggregator", name);
}

const Reducer& reducer(const std::string& name) {
  static const auto& string = DataType::text();
  static const auto& number = DataType::number();
  static const Library<Reducer> all = {
      {"append", {string, [](auto& a, auto& v) { return append(a, v); }}},
      {"remove", {string, [](auto& a, auto& v) { return remove(a, v); }}},
      {"null_on_x", {string, [](auto& a, auto& v) { return null_on_x(a, v); }}},
      {"latest", {string, [](auto&, auto& v) { return v; }}},
      {"max", {string, [](auto& a, auto& v) { return Value(data(std::max(text(a), text(v)))); }}},
      {"sum",
       {number, [](auto& a, auto& v) { return Value(data(wrapping_sum(number_or_zero(a), number_or_zero(v)))); }}},
      {"subtract",
       {number, [](auto& a, auto& v) { return Value(data(wrapping_sum(number_or_zero(a), -number_or_zero(v)))); }}},
  };
  return find(all, "reducer", name);
}

const Merger& merger(const std::string& name) {
  static const Library<Merger> all = {
      {"concat", [](auto& a, auto& b) { return Value(data("[" + text_or_empty(a) + "|" + text_or_empty(b) + "]")); }},
      {"sum", [](auto& a, auto& b) { return Value(data(wrapping_sum(number_or_zero(a), number_or_zero(b)))); }},
  };
  return find(all, "merger", name);
}

}  // namespace conformance
