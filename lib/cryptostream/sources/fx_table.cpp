#include <cryptostream/core/excerpt.h>
#include <cryptostream/sources/fx_table.h>

namespace cryptostream {
namespace {

/// Units of `currency` for one of `base`; nothing where the table does not know it.
std::optional<Decimal> rate_of(const FxTable& table, const Decimal& of_base, const std::string& base,
                               const std::string& currency) {
  if (currency == base) return Decimal(1);
  auto found = table.rates.find(currency);
  if (found == table.rates.end() && currency != table.base) return std::nullopt;
  auto rate = found == table.rates.end() ? Decimal(1) : found->second;
  if (base == table.base) return rate;
  auto quotient = Decimal::divide(rate, of_base);
  if (!quotient || quotient->is_zero()) return std::nullopt;  // too large or small for a number: no currency is
  return *quotient;
}

}  // namespace

void add_rate(FxAnswer& answer, FxTable& table, std::string currency, std::string_view text, const std::string& where) {
  auto rate = Decimal::parse(text);
  if (rate && !rate->negative() && !rate->is_zero()) {
    table.rates[std::move(currency)] = *rate;
  } else {
    answer.bad_rows.push_back(
        Error(ErrorKind::bad_record, fmt::format("{} is no number above zero: {}", where, excerpt(text, 40))));
  }
}

Result<Timestamp> reference_time(std::string_view date) {
  auto midnight = Timestamp::parse(date);
  if (date.size() != 10 || !midnight || midnight->ms <= 0)
    return fail(ErrorKind::bad_record, fmt::format("is no date: {}", excerpt(date, 40)));
  return *midnight + std::chrono::hours(15);
}

PollAnswer<FxRate> rates_in(const std::string& base, const std::vector<std::string>& currencies, FxAnswer answer,
                            const std::string& what) {
  PollAnswer<FxRate> all{.bad_rows = std::move(answer.bad_rows)};
  for (const auto& table : answer.tables) {
    auto of_base = table.rates.find(base);
    if (base != table.base && of_base == table.rates.end()) {
      all.bad_rows.push_back(Error(
          ErrorKind::bad_record,
          fmt::format("{}: the rates of {} are in {}, and {} is not among them", what, table.time, table.base, base)));
      continue;
    }
    auto add = [&](const std::string& currency) {
      auto rate = rate_of(table, of_base == table.rates.end() ? Decimal(1) : of_base->second, base, currency);
      if (rate) all.rows.push_back({base, currency, *rate, table.time});
    };
    for (const auto& currency : currencies) add(currency);
    if (!currencies.empty()) continue;
    if (table.base != base) add(table.base);
    for (const auto& [currency, rate] : table.rates)
      if (currency != base && currency != table.base) add(currency);
  }
  return all;
}

}  // namespace cryptostream
