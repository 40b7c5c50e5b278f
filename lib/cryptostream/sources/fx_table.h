// Exchange rates as an API gives them, and in the base that is wanted. Private to this module.
#pragma once

#include <cryptostream/market/fx_rate.h>
#include <cryptostream/sources/row_reader.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// Rates of one time.
struct FxTable {
  std::string base{};
  Timestamp time{};
  std::map<std::string, Decimal> rates{};  ///< units for one of `base`; all above zero
};

/// What an answer holds that can be used, and what is wrong with the rest.
struct FxAnswer {
  std::vector<FxTable> tables{};  ///< oldest first
  std::vector<Error> bad_rows{};  ///< rates left out; each error names source, endpoint and field
};

/// Takes the rate if it is a number above zero; `where` names source, endpoint and field.
void add_rate(FxAnswer& answer, FxTable& table, std::string currency, std::string_view text, const std::string& where);

/// When the European Central Bank's reference rates of that day ("2026-03-17") are known for certain: they are
/// published at about 16:00 in Frankfurt, which is 15:00 UTC in winter and an hour earlier in summer. Errors
/// (bad_record): no date.
Result<Timestamp> reference_time(std::string_view date);

/// The tables' rates for one unit of `base`, of these currencies (none: all but `base` itself). Where a table has
/// another base, rates are quotients of two of its own, to 18 decimals at least. A table without a rate of `base` is a
/// bad row, named with `what`.
PollAnswer<FxRate> rates_in(const std::string& base, const std::vector<std::string>& currencies, FxAnswer answer,
                            const std::string& what);

}  // namespace cryptostream
