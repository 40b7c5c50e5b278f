#include <cryptostream/core/excerpt.h>
#include <cryptostream/sources/frankfurter/messages.h>
#include <cryptostream/sources/json_rows.h>

namespace cryptostream {
namespace {

tl::unexpected<Error> bad(std::string message) { return fail(ErrorKind::bad_record, std::move(message)); }

Result<FxAnswer> decode(const std::string& where, std::string_view body) {
  CRYPTOSTREAM_TRY_ASSIGN(auto members, json_members(body));
  auto list = find_member(members, "rates");
  if (!list) return bad(fmt::format("field rates is missing: {}", excerpt(body, 120)));
  auto base = find_member(members, "base");
  if (!base || !base->starts_with('"')) return bad("field base is missing or no text");
  if (auto amount = find_member(members, "amount")) {
    auto number = Decimal::parse(*amount);
    if (!number || *number != Decimal(1)) return bad(fmt::format("field amount is not 1: {}", excerpt(*amount, 40)));
  }
  auto date = find_member(members, "date");
  if (!date) return bad("field date is missing");
  auto time = reference_time(unquoted(*date));
  if (!time) return bad("field date " + time.error().message());
  auto rates = json_members(*list);
  if (!rates) return fail(std::move(rates).error().with_context("field rates"));
  FxAnswer answer;
  FxTable table{.base = std::string(unquoted(*base)), .time = *time};
  for (auto& [currency, rate] : *rates) {
    auto field = fmt::format("{}: field rates.{}", where, excerpt(currency, 10));
    add_rate(answer, table, std::move(currency), rate, field);
  }
  answer.tables.push_back(std::move(table));
  return answer;
}

}  // namespace

Result<FxAnswer> decode_frankfurter(std::string_view endpoint, std::string_view body) {
  auto where = fmt::format("frankfurter {}", endpoint);
  auto answer = decode(where, body);
  if (answer) return answer;
  return fail(answer.error().kind(),
              fmt::format("{}: {}; the answer is not what Frankfurter's API documents; check the address "
                          "(--frankfurter-url), or wait until it is well",
                          where, answer.error().message()));
}

}  // namespace cryptostream
