#include <cryptostream/core/percent.h>
#include <cryptostream/dashboard/query.h>
#include <cryptostream/data/utf8.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace cryptostream::dashboard {
namespace {

// A form's text, where spaces may be written as "+".
std::optional<std::string> form_decoded(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decoded(spaced);
}

}  // namespace

Result<Query> Query::parse(std::string_view text) {
  constexpr std::size_t most = 32;
  Query query;
  while (!text.empty()) {
    auto pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    auto name = form_decoded(pair.substr(0, equals));
    auto value = form_decoded(equals == pair.npos ? std::string_view() : pair.substr(equals + 1));
    if (!name || !value) return fail(ErrorKind::usage, "the query has a % without two hexadecimal digits behind it");
    if (!valid_utf8(*name) || !valid_utf8(*value)) return fail(ErrorKind::usage, "the query is not UTF-8");
    if (query.values_.size() >= most) return fail(ErrorKind::usage, "the query has too many parameters");
    if (!query.values_.emplace(*name, std::move(*value)).second)
      return fail(ErrorKind::usage, fmt::format("parameter {} is given twice", *name));
  }
  return query;
}

std::optional<std::string> Query::text(const std::string& name) const {
  auto at = values_.find(name);
  return at == values_.end() || at->second.empty() ? std::nullopt : std::optional(at->second);
}

Result<std::optional<std::int64_t>> Query::integer(const std::string& name, std::int64_t least,
                                                   std::int64_t most) const {
  auto given = text(name);
  if (!given) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
  if (error != std::errc() || end != given->data() + given->size() || value < least || value > most)
    return fail(ErrorKind::usage, fmt::format("parameter {} must be a whole number from {} to {}", name, least, most));
  return std::optional(value);
}

bool good_symbol(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool good_currency(std::string_view text) {
  return text.size() >= 3 && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace cryptostream::dashboard
