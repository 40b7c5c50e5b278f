#include <cryptostream/core/clock.h>
#include <cryptostream/dashboard/reads.h>
#include <cryptostream/market/exact_moments.h>
#include <cryptostream/market/volatility.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace cryptostream::dashboard {
namespace {

using Fields = TableReader::Fields;

constexpr std::int64_t hour = 3'600'000, day = 24 * hour;

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

double number(std::string_view text) {
  double value = std::nan("");
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t integer(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The number of digits `from` to `from + count`, which must be digits.
constexpr int digits(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  for (std::size_t i = from; i < from + count; ++i) value = value * 10 + (text[i] - '0');
  return value;
}

/// A time as the dialect's milliseconds() gives it.
std::int64_t time_of(std::string_view text) {
  // As sinks write it: half a million of them are read for a year.
  if (text.size() == 24 && text[10] == 'T' && text[19] == '.' && text[23] == 'Z') {
    std::chrono::sys_days date{std::chrono::year(digits(text, 0, 4)) / digits(text, 5, 2) / digits(text, 8, 2)};
    return date.time_since_epoch().count() * day + digits(text, 11, 2) * hour + digits(text, 14, 2) * 60'000 +
           digits(text, 17, 2) * 1000 + digits(text, 20, 3);
  }
  if (text.find('T') == text.npos) return integer(text);
  auto time = Timestamp::parse(text);
  return time ? time->ms : 0;
}

std::optional<Decimal> decimal(const std::optional<std::string_view>& text) {
  if (!text) return std::nullopt;
  auto value = Decimal::parse(*text);
  return value ? std::optional(*value) : std::nullopt;
}

std::int64_t floor_to(std::int64_t time, std::int64_t interval) {
  auto rest = time % interval;
  return time - (rest < 0 ? rest + interval : rest);
}

/// The shortest round interval that makes no more than `points` of the range.
std::int64_t round_interval(Range range, std::int64_t points) {
  constexpr std::int64_t second = 1000, minute = 60 * second;
  for (auto each : {second,      5 * second,  10 * second, 15 * second, 30 * second, minute,   5 * minute,
                    15 * minute, 30 * minute, hour,        2 * hour,    4 * hour,    6 * hour, 12 * hour,
                    day,         2 * day,     4 * day,     7 * day,     14 * day,    30 * day, 90 * day})
    if ((range.to - range.from) / each < points) return each;
  return ((range.to - range.from) / points / day + 1) * day;
}

}  // namespace

void merge(CoinState& into, const CoinState& other) {
  bool newer = other.time >= into.time;
  auto take = [newer](auto& mine, const auto& theirs) {
    if (theirs && (newer || !mine)) mine = theirs;
  };
  take(into.name, other.name);
  take(into.source, other.source);
  take(into.rank, other.rank);
  take(into.percent_change_1h, other.percent_change_1h);
  take(into.percent_change_24h, other.percent_change_24h);
  take(into.percent_change_7d, other.percent_change_7d);
  take(into.percent_change_30d, other.percent_change_30d);
  take(into.volume_24h, other.volume_24h);
  take(into.market_cap, other.market_cap);
  take(into.market_cap_dominance, other.market_cap_dominance);
  take(into.circulating_supply, other.circulating_supply);
  take(into.max_supply, other.max_supply);
  take(into.rates, other.rates);
  if (!newer) return;
  into.price = other.price;
  into.time = other.time;
}

std::string Reads::milliseconds(const std::string& column) const {
  // SQLite holds ISO texts: reading them here is several times as fast as its own functions.
  if (reader_->dialect() == SqlDialect::sqlite) return column;
  return fmt::format("floor(date_part('epoch', {}) * 1000)::bigint", column);
}

std::string Reads::time_parameter(int index) const {
  return reader_->dialect() == SqlDialect::sqlite ? fmt::format("${}", index) : fmt::format("${}::timestamptz", index);
}

Result<Reads::Tables> Reads::tables() {
  constexpr std::int64_t fresh = 5'000;
  auto now = system_clock().now().ms;
  {
    std::lock_guard lock(mutex_);
    if (!tables_.empty() && now - tables_read_ < fresh) return tables_;
  }
  Tables found;
  const char* sql = reader_->dialect() == SqlDialect::sqlite
                        ? "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c WHERE m.type = "
                          "'table'"
                        : "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ANY "
                          "(current_schemas(false))";
  CRYPTOSTREAM_TRY(reader_->query(sql, {}, [&](Fields row) {
    if (row[0] && row[1]) found[std::string(*row[0])].emplace(*row[1]);
  }));
  std::lock_guard lock(mutex_);
  tables_ = found;
  tables_read_ = now;
  return found;
}

Result<bool> Reads::any() {
  CRYPTOSTREAM_TRY_ASSIGN(auto all, tables());
  return all.contains("quotes") || all.contains("price") || all.contains("quotes_coins");
}

Result<std::vector<std::string>> Reads::currencies() {
  CRYPTOSTREAM_TRY_ASSIGN(auto all, tables());
  std::vector<std::string> found{"USD"};
  if (auto table = all.find("quotes"); table != all.end() && table->second.contains("currency")) {
    CRYPTOSTREAM_TRY(reader_->query("SELECT currency FROM quotes LIMIT 1", {}, [&](Fields row) {
      if (row[0]) found[0] = std::string(*row[0]);
    }));
  }
  if (auto table = all.find("price"); table != all.end() && found[0] == "USD")
    for (const auto& column : table->second) {
      if (!column.starts_with("price_") || column == "price_usd") continue;
      auto& code = found.emplace_back(column.substr(6));
      std::transform(code.begin(), code.end(), code.begin(), [](unsigned char c) { return std::toupper(c); });
    }
  return found;
}

Result<std::map<std::string, CoinState>> Reads::latest() {
  CRYPTOSTREAM_TRY_ASSIGN(auto all, tables());
  std::map<std::string, CoinState> coins;
  bool sqlite = reader_->dialect() == SqlDialect::sqlite;
  // SQLite would sort the whole table for a GROUP BY, so its newest rows are looked for here.
  auto newest_rows = [&](const char* key, const char* table) -> Result<std::string> {
    std::map<std::string, std::pair<std::string, std::string>, std::less<>> newest;  // time and row by key
    CRYPTOSTREAM_TRY(reader_->query(fmt::format("SELECT {}, time, rowid FROM {}", key, table), {}, [&](Fields row) {
      if (!row[0] || !row[1] || !row[2]) return;
      auto at = newest.find(*row[0]);
      if (at == newest.end()) at = newest.try_emplace(std::string(*row[0])).first;
      if (*row[1] >= at->second.first) at->second = {std::string(*row[1]), std::string(*row[2])};
    }));
    std::string rows;
    for (const auto& [symbol, row] : newest) rows += (rows.empty() ? "" : ",") + std::to_string(integer(row.second));
    return rows;
  };
  auto latest_of = [&](const char* key, const std::string& columns, const std::string& from,
                       const char* table) -> Result<std::string> {
    if (!sqlite)
      return fmt::format("SELECT DISTINCT ON ({2}) {3}, {0} {1} ORDER BY {2}, time DESC", columns, from, key,
                         milliseconds("time"));
    CRYPTOSTREAM_TRY_ASSIGN(auto rows, newest_rows(key, table));
    return fmt::format("SELECT time, {} {} WHERE {}.rowid IN ({})", columns, from, table, rows);
  };
  auto add = [&](CoinState state) {
    auto [at, added] = coins.try_emplace(state.symbol, state);
    if (!added) merge(at->second, state);
  };
  auto text = [](const std::optional<std::string_view>& field) {
    return field ? std::optional<std::string>(*field) : std::nullopt;
  };
  auto whole = [](const std::optional<std::string_view>& field) {
    return field ? std::optional(integer(*field)) : std::nullopt;
  };
  if (all.contains("quotes")) {
    CRYPTOSTREAM_TRY_ASSIGN(
        auto sql,
        latest_of("symbol",
                  "symbol, name, source, price, volume_24h, market_cap, change_percent_24h, circulating_supply, "
                  "max_supply, rank",
                  "FROM quotes", "quotes"));
    CRYPTOSTREAM_TRY(reader_->query(sql, {}, [&](Fields row) {
      auto price = decimal(row[4]);
      if (!row[0] || !row[1] || !price) return;
      add({.symbol = std::string(*row[1]),
           .name = text(row[2]),
           .source = text(row[3]),
           .rank = whole(row[10]),
           .price = *price,
           .time = {time_of(*row[0])},
           .percent_change_24h = decimal(row[7]),
           .volume_24h = decimal(row[5]),
           .market_cap = decimal(row[6]),
           .circulating_supply = decimal(row[8]),
           .max_supply = decimal(row[9])});
    }));
  }
  if (all.contains("price") && all.contains("crypto")) {
    CRYPTOSTREAM_TRY_ASSIGN(
        auto sql, latest_of("crypto_id",
                            "symbol, name, cmc_rank, price_usd, volume_24h, percent_change_1h, percent_change_24h, "
                            "percent_change_7d, circul_supply, max_supply",
                            "FROM price JOIN crypto ON crypto.id = price.crypto_id", "price"));
    CRYPTOSTREAM_TRY(reader_->query(sql, {}, [&](Fields row) {
      auto price = decimal(row[4]);
      if (!row[0] || !row[1] || !price) return;
      add({.symbol = std::string(*row[1]),
           .name = text(row[2]),
           .rank = whole(row[3]),
           .price = *price,
           .time = {time_of(*row[0])},
           .percent_change_1h = decimal(row[6]),
           .percent_change_24h = decimal(row[7]),
           .percent_change_7d = decimal(row[8]),
           .volume_24h = decimal(row[5]),
           .circulating_supply = decimal(row[9]),
           .max_supply = decimal(row[10])});
    }));
  }
  if (all.contains("quotes_coins")) {
    CRYPTOSTREAM_TRY_ASSIGN(
        auto sql,
        latest_of("symbol",
                  "symbol, name, price_usd, volume_24h, market_cap, market_cap_dominance, circulating_supply, "
                  "percent_change_1h, percent_change_24h, percent_change_7d, percent_change_30d",
                  "FROM quotes_coins", "quotes_coins"));
    CRYPTOSTREAM_TRY(reader_->query(sql, {}, [&](Fields row) {
      auto price = decimal(row[3]);
      if (!row[0] || !row[1] || !price) return;
      add({.symbol = std::string(*row[1]),
           .name = text(row[2]),
           .price = *price,
           .time = {time_of(*row[0])},
           .percent_change_1h = decimal(row[8]),
           .percent_change_24h = decimal(row[9]),
           .percent_change_7d = decimal(row[10]),
           .percent_change_30d = decimal(row[11]),
           .volume_24h = decimal(row[4]),
           .market_cap = decimal(row[5]),
           .market_cap_dominance = decimal(row[6]),
           .circulating_supply = decimal(row[7])});
    }));
  }
  return coins;
}

Result<std::optional<Decimal>> Reads::latest_rate(const std::string& currency) {
  CRYPTOSTREAM_TRY_ASSIGN(auto all, tables());
  auto column = "price_" + lower(currency);
  auto table = all.find("price");
  std::optional<Decimal> rate;
  if (table == all.end() || !table->second.contains(column)) return rate;
  CRYPTOSTREAM_TRY(reader_->query(
      fmt::format("SELECT {0}, price_usd FROM price WHERE {0} IS NOT NULL ORDER BY time DESC LIMIT 1", column), {},
      [&](Fields row) {
        auto fiat = decimal(row[0]), usd = decimal(row[1]);
        if (!fiat || !usd) return;
        if (auto quotient = Decimal::divide(*fiat, *usd)) rate = *quotient;
      }));
  return rate;
}

Result<std::optional<Reads::Series>> Reads::series(const std::string& symbol, const std::string& currency) {
  CRYPTOSTREAM_TRY_ASSIGN(auto all, tables());
  CRYPTOSTREAM_TRY_ASSIGN(auto codes, currencies());
  bool stored = currency == codes.front();
  std::vector<Series> candidates;
  if (auto table = all.find("price"); table != all.end() && all.contains("crypto")) {
    auto column = "price_" + lower(stored ? std::string("USD") : currency);
    if (table->second.contains(column))
      candidates.push_back(
          {"FROM price WHERE crypto_id IN (SELECT id FROM crypto WHERE symbol = $1)", column, "", true});
  }
  if (all.contains("quotes")) candidates.push_back({"FROM quotes WHERE symbol = $1", "price", "size", stored});
  if (all.contains("quotes_coins"))
    candidates.push_back({"FROM quotes_coins WHERE symbol = $1", "price_usd", "", stored});
  std::optional<Series> best;
  for (auto& each : candidates) {
    // The newest first; what needs no conversion goes before what does.
    CRYPTOSTREAM_TRY(
        reader_->query(fmt::format("SELECT {}, {} {}", milliseconds("min(time)"), milliseconds("max(time)"), each.from),
                       std::array{symbol}, [&](Fields row) {
                         if (!row[0] || !row[1]) return;
                         each.first = time_of(*row[0]);
                         each.last = time_of(*row[1]);
                       }));
    if (each.last == 0) continue;
    if (!best || (each.converted == best->converted ? each.last > best->last : each.converted)) best = each;
  }
  return best;
}

Result<std::vector<Bar>> Reads::bars(const Series& series, const std::string& symbol, Range range,
                                     std::int64_t interval) {
  std::vector<std::string> parameters{symbol, Timestamp{range.from}.to_string(), Timestamp{range.to}.to_string()};
  auto where = fmt::format("{} AND time >= {} AND time < {}", series.from, time_parameter(2), time_parameter(3));
  std::vector<Bar> bars;
  if (reader_->dialect() == SqlDialect::postgres) {
    parameters.push_back(std::to_string(interval));
    auto sql = fmt::format(
        "SELECT {0} / $4::bigint * $4::bigint AS bucket, (min(ARRAY[date_part('epoch', time), {1}::float8]))[2], "
        "max({1}::float8), min({1}::float8), (max(ARRAY[date_part('epoch', time), {1}::float8]))[2], {2} {3} AND {1} "
        "IS NOT NULL GROUP BY 1 ORDER BY 1",
        milliseconds("time"), series.price,
        series.volume.empty() ? std::string("NULL") : fmt::format("sum({})::float8", series.volume), where);
    CRYPTOSTREAM_TRY(reader_->query(sql, parameters, [&](Fields row) {
      if (!row[0] || !row[1]) return;
      bars.push_back({integer(*row[0]), number(*row[1]), number(*row[2]), number(*row[3]), number(*row[4]),
                      row[5] ? std::optional(number(*row[5])) : std::nullopt});
    }));
    return bars;
  }
  // In the process of the database itself, so rows cost nothing to fetch; a GROUP BY would sort them first.
  struct Making {
    Bar bar;
    std::int64_t first, last;
  };
  std::map<std::int64_t, Making> made;
  Making* current = nullptr;  // rows come nearly in the order of their times
  auto sql = fmt::format("SELECT time, {}, {} {}", series.price, series.volume.empty() ? "NULL" : series.volume, where);
  CRYPTOSTREAM_TRY(reader_->query(sql, parameters, [&](Fields row) {
    if (!row[0] || !row[1]) return;
    auto time = time_of(*row[0]);
    auto price = number(*row[1]);
    auto start = floor_to(time, interval);
    if (current == nullptr || current->bar.start != start)
      current = &made.try_emplace(start, Making{{start, price, price, price, price}, time, time}).first->second;
    auto& [bar, first, last] = *current;
    if (time < first) {
      first = time;
      bar.open = price;
    }
    if (time >= last) {
      last = time;
      bar.close = price;
    }
    bar.high = std::max(bar.high, price);
    bar.low = std::min(bar.low, price);
    if (row[2]) bar.volume = bar.volume.value_or(0) + number(*row[2]);
  }));
  bars.reserve(made.size());
  for (const auto& [start, making] : made) bars.push_back(making.bar);
  return bars;
}

Result<std::map<std::int64_t, double>> Reads::rates(Range range, std::int64_t interval, const std::string& currency) {
  CRYPTOSTREAM_TRY_ASSIGN(auto all, tables());
  std::map<std::int64_t, double> rates;
  auto column = "price_" + lower(currency);
  auto table = all.find("price");
  if (table == all.end() || !table->second.contains(column)) return rates;
  std::vector<std::string> parameters{Timestamp{range.from - 5 * day}.to_string(), Timestamp{range.to}.to_string()};
  auto sql =
      fmt::format("SELECT {}, {}, price_usd FROM price WHERE time >= {} AND time < {} AND {} IS NOT NULL ORDER BY time",
                  milliseconds("time"), column, time_parameter(1), time_parameter(2), column);
  CRYPTOSTREAM_TRY(reader_->query(sql, parameters, [&](Fields row) {
    if (row[0] && row[1] && row[2]) rates[floor_to(time_of(*row[0]), interval)] = number(*row[1]) / number(*row[2]);
  }));
  return rates;
}

Result<std::optional<History>> Reads::history(const std::string& symbol, Range range, const std::string& currency,
                                              std::int64_t interval, std::int64_t points) {
  CRYPTOSTREAM_TRY_ASSIGN(auto found, series(symbol, currency));
  if (!found) return std::optional<History>();
  // Asked for all of time, what there is of it is what counts.
  range = {std::max(range.from, found->first), std::max(found->first + 1, std::min(range.to, found->last + 1))};
  History history{interval > 0 ? interval : round_interval(range, points), found->first, found->last};
  CRYPTOSTREAM_TRY_ASSIGN(history.bars, bars(*found, symbol, range, history.interval));
  if (found->converted) return std::optional(std::move(history));
  CRYPTOSTREAM_TRY_ASSIGN(auto rate_at, rates(range, history.interval, currency));
  std::erase_if(history.bars, [&](Bar& bar) {
    auto next = rate_at.upper_bound(bar.start);
    if (next == rate_at.begin() || bar.start - std::prev(next)->first > 5 * day) return true;
    auto rate = std::prev(next)->second;
    for (double* each : {&bar.open, &bar.high, &bar.low, &bar.close}) *each *= rate;
    return false;
  });
  return std::optional(std::move(history));
}

Result<std::map<std::int64_t, std::map<std::string, double>>> Reads::market_caps(Range range, std::int64_t points) {
  CRYPTOSTREAM_TRY_ASSIGN(auto all, tables());
  std::map<std::int64_t, std::map<std::string, double>> caps;
  auto interval = round_interval(range, points);
  std::vector<std::string> parameters{Timestamp{range.from}.to_string(), Timestamp{range.to}.to_string()};
  for (const char* table : {"quotes", "quotes_coins"}) {
    auto found = all.find(table);
    if (found == all.end() || !found->second.contains("market_cap")) continue;
    auto sql = fmt::format(
        "SELECT {}, symbol, market_cap FROM {} WHERE market_cap IS NOT NULL AND time >= {} AND time < {} ORDER BY time",
        milliseconds("time"), table, time_parameter(1), time_parameter(2));
    CRYPTOSTREAM_TRY(reader_->query(sql, parameters, [&](Fields row) {
      if (row[0] && row[1] && row[2])
        caps[floor_to(time_of(*row[0]), interval)][std::string(*row[1])] = number(*row[2]);
    }));
  }
  return caps;
}

Result<std::optional<RangeStatistics>> Reads::statistics(const std::string& symbol, Range range,
                                                         const std::string& currency) {
  CRYPTOSTREAM_TRY_ASSIGN(auto found, series(symbol, currency));
  if (!found) return std::optional<RangeStatistics>();
  RangeStatistics result{.symbol = symbol, .currency = currency};
  std::map<std::int64_t, double> rate_at;
  if (!found->converted) {
    CRYPTOSTREAM_TRY_ASSIGN(rate_at, rates(range, 1000, currency));
  }
  std::vector<std::string> parameters{symbol, Timestamp{range.from}.to_string(), Timestamp{range.to}.to_string()};
  ExactMoments moments;
  std::vector<Decimal> prices;
  std::map<std::int64_t, std::pair<std::int64_t, Decimal>> hours;  // the last price of each
  std::int64_t first = 0, last = 0;
  CRYPTOSTREAM_TRY(reader_->query(fmt::format("SELECT {}, {} {} AND time >= {} AND time < {}", milliseconds("time"),
                                              found->price, found->from, time_parameter(2), time_parameter(3)),
                                  parameters, [&](Fields row) {
                                    auto price = decimal(row[1]);
                                    if (!row[0] || !price) return;
                                    auto time = time_of(*row[0]);
                                    if (!found->converted) {
                                      auto next = rate_at.upper_bound(time);
                                      if (next == rate_at.begin() || time - std::prev(next)->first > 5 * day) return;
                                      auto rate = Decimal::parse(fmt::format("{}", std::prev(next)->second));
                                      if (!rate) return;
                                      price = *price * *rate;
                                    }
                                    if (prices.empty() || time < first) {
                                      first = time;
                                      result.first = price;
                                    }
                                    if (prices.empty() || time >= last) {
                                      last = time;
                                      result.last = price;
                                    }
                                    if (!result.min || *price < *result.min) result.min = price;
                                    if (!result.max || *price > *result.max) result.max = price;
                                    auto& of_hour = hours[floor_to(time, hour)];
                                    if (time >= of_hour.first) of_hour = {time, *price};
                                    moments.add(*price);
                                    prices.push_back(*price);
                                  }));
  result.count = static_cast<std::int64_t>(prices.size());
  if (prices.empty()) return std::optional(std::move(result));
  result.mean = moments.mean().to_double();
  auto middle = prices.begin() + static_cast<std::ptrdiff_t>(prices.size() / 2);
  std::nth_element(prices.begin(), middle, prices.end());
  result.median = middle->to_double();
  if (prices.size() % 2 == 0)
    result.median = ((*std::max_element(prices.begin(), middle) + *middle) / Decimal(2)).to_double();
  if (prices.size() > 1) result.standard_deviation = std::sqrt(moments.variance(1));
  if (!result.first->is_zero())
    result.simple_return = ((*result.last - *result.first) * Decimal(100) / *result.first).to_double();
  std::vector<double> returns;
  const std::pair<const std::int64_t, std::pair<std::int64_t, Decimal>>* before = nullptr;
  for (const auto& each : hours) {
    bool positive = each.second.second > Decimal(0);
    if (before != nullptr && each.first - before->first == hour && positive)
      returns.push_back(log_return(before->second.second, each.second.second));
    before = positive ? &each : nullptr;
  }
  if (returns.size() > 1) {
    double mean = 0, squares = 0;
    for (double each : returns) mean += each / static_cast<double>(returns.size());
    for (double each : returns) squares += (each - mean) * (each - mean);
    result.volatility = 100 * std::sqrt(squares / static_cast<double>(returns.size() - 1) * 8766);
  }
  return std::optional(std::move(result));
}

}  // namespace cryptostream::dashboard
