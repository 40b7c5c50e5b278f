#include <cryptostream/core/excerpt.h>
#include <cryptostream/sources/fastforex/messages.h>
#include <cryptostream/sources/json_rows.h>

#include <charconv>

namespace cryptostream {
namespace {

tl::unexpected<Error> bad(std::string message) { return fail(ErrorKind::bad_record, std::move(message)); }

/// "2021-01-16T16:34:29Z", "2021-01-16 16:34:29" (UTC), or milliseconds.
std::optional<Timestamp> parse_updated(std::string_view value) {
  auto text = unquoted(value);
  std::int64_t ms = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error == std::errc() && end == text.data() + text.size() && ms > 0) return Timestamp{ms};
  auto time = Timestamp::parse(text);
  if (!time || time->ms <= 0) return std::nullopt;
  return *time;
}

Result<FxAnswer> decode(const std::string& where, std::string_view body) {
  CRYPTOSTREAM_TRY_ASSIGN(auto members, json_members(body));
  auto results = find_member(members, "results");
  if (!results) results = find_member(members, "result");
  if (!results) return bad(fmt::format("field results is missing: {}", excerpt(body, 120)));
  auto base = find_member(members, "base");
  if (!base || !base->starts_with('"')) return bad("field base is missing or no text");
  auto updated = find_member(members, "updated");
  if (!updated) return bad("field updated is missing");
  auto time = parse_updated(*updated);
  if (!time) return bad(fmt::format("field updated is no time: {}", excerpt(*updated, 40)));
  auto rates = json_members(*results);
  if (!rates) return fail(std::move(rates).error().with_context("field results"));
  FxAnswer answer;
  FxTable table{.base = std::string(unquoted(*base)), .time = *time};
  for (auto& [currency, rate] : *rates) {
    auto field = fmt::format("{}: field results.{}", where, excerpt(currency, 10));
    add_rate(answer, table, std::move(currency), rate, field);
  }
  answer.tables.push_back(std::move(table));
  return answer;
}

}  // namespace

Result<FxAnswer> decode_fastforex(std::string_view endpoint, std::string_view body) {
  auto where = fmt::format("fastforex {}", endpoint);
  auto answer = decode(where, body);
  if (answer) return answer;
  return fail(answer.error().kind(),
              fmt::format("{}: {}; the answer is not what FastForex's API documents; check the address "
                          "(--fastforex-url), or wait until it is well",
                          where, answer.error().message()));
}

}  // namespace cryptostream
