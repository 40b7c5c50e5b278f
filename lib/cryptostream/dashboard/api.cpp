#include <cryptostream/core/clock.h>
#include <cryptostream/core/percent.h>
#include <cryptostream/dashboard/api.h>
#include <cryptostream/dashboard/indicators.h>
#include <cryptostream/dashboard/json_text.h>
#include <cryptostream/market/percent_change.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cryptostream::dashboard {
namespace {

constexpr std::int64_t hour = 3'600'000, day = 24 * hour;
constexpr std::int64_t far_past = 0, far_future = 253'402'300'799'999;  // years 1970 to 9999

ServedAnswer json_answer(std::string body) { return {.type = "application/json", .body = std::move(body)}; }

Result<Range> range_of(const Query& query) {
  CRYPTOSTREAM_TRY_ASSIGN(auto to, query.integer("to", far_past, far_future));
  CRYPTOSTREAM_TRY_ASSIGN(auto from, query.integer("from", far_past, far_future));
  Range range;
  range.to = to.value_or(system_clock().now().ms);
  range.from = from.value_or(range.to - day);
  if (range.from >= range.to) return fail(ErrorKind::usage, "parameter from must be before to");
  return range;
}

ServedAnswer no_such_coin(const std::string& symbol) {
  return error_answer(404, "not_found", fmt::format("no price of {} is stored", symbol));
}

/// The change of bars, `step` apart, against the close that is `period` older, which may be a tenth of it too old.
std::string changes_over(const std::vector<Bar>& bars, std::int64_t from, std::int64_t period, std::int64_t step) {
  std::string out;
  auto next = from;
  std::size_t then = 0;
  for (const auto& bar : bars) {
    if (bar.start < next) continue;
    while (then + 1 < bars.size() && bars[then + 1].start <= bar.start - period) ++then;
    auto age = bar.start - period - bars[then].start;
    if (age < 0 || age > period / 10 || bars[then].close == 0) continue;
    next = bar.start + step;
    fmt::format_to(std::back_inserter(out), "{}[{},{}]", out.empty() ? "" : ",", bar.start,
                   number((bar.close - bars[then].close) / bars[then].close * 100));
  }
  return out;
}

}  // namespace

ServedAnswer error_answer(int status, std::string_view code, std::string_view message) {
  auto answer = json_answer(
      fmt::format(R"({{"error":{{"code":{},"message":{}}}}})", json(std::string(code)), json(std::string(message))));
  answer.status = status;
  return answer;
}

ServedAnswer error_answer(const Error& error) {
  if (error.kind() == ErrorKind::usage) return error_answer(400, "bad_parameter", error.message());
  if (error.kind() == ErrorKind::bad_record || error.kind() == ErrorKind::internal)
    return error_answer(500, "internal", error.message());
  auto answer = error_answer(503, "unavailable", error.message());
  answer.headers.emplace_back("Retry-After", "2");
  return answer;
}

Result<ServedAnswer> Api::get(std::string_view path, const Query& query) {
  if (path == "/info") return info();
  if (path == "/coins") return coins(query);
  if (path == "/dominance") return dominance(query);
  if (path == "/exchanges") return json_answer(R"({"exchanges":[]})");
  if (path == "/pipeline") return json_answer(pipeline());
  constexpr std::string_view coin = "/coins/";
  if (path.starts_with(coin)) {
    auto rest = path.substr(coin.size());
    auto slash = rest.find('/');
    auto symbol = percent_decoded(rest.substr(0, slash));
    if (slash == rest.npos) return error_answer(404, "not_found", "there is nothing here");
    if (!symbol || !good_symbol(*symbol))
      return fail(ErrorKind::usage, "symbol must be 1 to 32 letters, digits, dots, dashes or underscores");
    return of_coin(*symbol, rest.substr(slash + 1), query);
  }
  return error_answer(404, "not_found", "there is nothing here");
}

Result<ServedAnswer> Api::of_coin(const std::string& symbol, std::string_view what, const Query& query) {
  if (what == "history") return history(symbol, query);
  if (what == "changes") return changes(symbol, query);
  if (what == "statistics") return statistics(symbol, query);
  return error_answer(404, "not_found", "there is nothing here");
}

Result<std::string> Api::currency(const Query& query) {
  CRYPTOSTREAM_TRY_ASSIGN(auto known, reads_.currencies());
  auto given = query.text("currency");
  if (!given) return known.front();
  if (!good_currency(*given) || std::find(known.begin(), known.end(), *given) == known.end())
    return fail(ErrorKind::usage, fmt::format("parameter currency must be one of {}", fmt::join(known, ", ")));
  return *given;
}

Result<ServedAnswer> Api::info() {
  CRYPTOSTREAM_TRY_ASSIGN(auto currencies, reads_.currencies());
  CRYPTOSTREAM_TRY_ASSIGN(bool prices, reads_.any());
  std::vector<std::string> pages{"overview", "coin"};
  if (prices) {
    CRYPTOSTREAM_TRY_ASSIGN(auto states, stored());
    if (std::any_of(states.begin(), states.end(), [](const auto& each) { return each.second.market_cap.has_value(); }))
      pages.emplace_back("share");
  }
  pages.emplace_back("pipeline");
  return json_answer(fmt::format(
      R"({{"title":{},"version":{},"store":{},"currencies":{},"currency":{},"live":{},"simulated":{},"pages":{},"login":"none","server_time":{}}})",
      json(about_.title), json(about_.version), json(reads_.description()), json(currencies), json(currencies.front()),
      about_.live, live_.simulated(), json(pages), system_clock().now().ms));
}

Result<std::map<std::string, CoinState>> Api::stored() {
  constexpr std::int64_t fresh = 1'000;
  auto now = system_clock().now().ms;
  {
    std::lock_guard lock(mutex_);
    if (now - stored_at_ < fresh) return stored_;
  }
  auto states = reads_.latest();
  std::lock_guard lock(mutex_);
  store_trouble_ = states ? "" : states.error().message();
  if (!states) return states;
  stored_ = *states;
  stored_at_ = now;
  return states;
}

Result<ServedAnswer> Api::coins(const Query& query) {
  CRYPTOSTREAM_TRY_ASSIGN(auto code, currency(query));
  CRYPTOSTREAM_TRY_ASSIGN(auto known, reads_.currencies());
  std::int64_t sequence = 0;
  auto arrived = live_.latest(sequence);  // before the store is asked: what comes meanwhile is sent as an event
  CRYPTOSTREAM_TRY_ASSIGN(auto states, stored());
  for (const auto& [symbol, state] : arrived) {
    auto [at, added] = states.try_emplace(symbol, state);
    if (!added) merge(at->second, state);
  }
  std::optional<Decimal> rate;
  if (code != known.front()) {
    CRYPTOSTREAM_TRY_ASSIGN(rate, reads_.latest_rate(code));
    if (!rate) return fail(ErrorKind::unavailable, fmt::format("there is no rate of {} yet", code));
  }
  auto now = system_clock().now().ms;
  std::vector<CoinState> list;
  Decimal cap, volume;
  double cap_before = 0, cap_now = 0;
  for (auto& [symbol, state] : states) {
    state.rates.reset();
    if (rate)
      for (auto* each : {&state.volume_24h, &state.market_cap})
        if (*each) *each = **each * *rate;
    if (rate) state.price = state.price * *rate;
    if (state.market_cap) {
      cap += *state.market_cap;
      if (state.percent_change_24h) {
        auto value = state.market_cap->to_double();
        cap_now += value;
        cap_before += value / (1 + state.percent_change_24h->to_double() / 100);
      }
    }
    if (state.volume_24h) volume += *state.volume_24h;
    CRYPTOSTREAM_TRY_ASSIGN(auto line, sparkline(symbol, now));
    if (line) {
      auto& points = state.sparkline.emplace();
      for (const auto& bar : line->bars) points.push_back(bar.close);
    }
    list.push_back(std::move(state));
  }
  // As a ranking has it: by rank, then by market cap, then by name.
  std::stable_sort(list.begin(), list.end(), [](const CoinState& a, const CoinState& b) {
    if (a.rank != b.rank) return a.rank && (!b.rank || *a.rank < *b.rank);
    if (a.market_cap && b.market_cap) return *a.market_cap > *b.market_cap;
    return a.market_cap.has_value() > b.market_cap.has_value();
  });
  auto market = fmt::format(R"("coins":{})", list.size());
  if (!cap.is_zero()) market += fmt::format(R"(,"market_cap":"{}")", cap);
  if (!volume.is_zero()) market += fmt::format(R"(,"volume_24h":"{}")", volume);
  if (cap_before > 0) market += fmt::format(R"(,"change_24h":{})", number((cap_now / cap_before - 1) * 100));
  std::string shares;
  for (const auto& state : list)
    if (state.market_cap && !cap.is_zero())
      fmt::format_to(std::back_inserter(shares), R"({}{{"symbol":{},"percent":{}}})", shares.empty() ? "" : ",",
                     json(state.symbol), number(state.market_cap->to_double() / cap.to_double() * 100));
  if (!shares.empty()) market += fmt::format(R"(,"dominance":[{}])", shares);
  return json_answer(fmt::format(R"({{"currency":{},"sequence":{},"market":{{{}}},"coins":{}}})", json(code), sequence,
                                 market, json(list)));
}

Result<std::optional<History>> Api::sparkline(const std::string& symbol, std::int64_t now) {
  constexpr std::int64_t step = day / 48, fresh = 60'000;
  {
    std::lock_guard lock(mutex_);
    auto at = sparklines_.find(symbol);
    if (at != sparklines_.end() && now - at->second.first < fresh) {
      History history;
      for (double close : at->second.second) history.bars.push_back({.close = close});
      return std::optional(std::move(history));
    }
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto known, reads_.currencies());
  auto end = now - now % step + step;
  CRYPTOSTREAM_TRY_ASSIGN(auto history, reads_.history(symbol, {end - day, end}, known.front(), step, 48));
  std::vector<double> closes;
  if (history)
    for (const auto& bar : history->bars) closes.push_back(bar.close);
  std::lock_guard lock(mutex_);
  sparklines_[symbol] = {now, std::move(closes)};
  return history;
}

Result<ServedAnswer> Api::history(const std::string& symbol, const Query& query) {
  CRYPTOSTREAM_TRY_ASSIGN(auto range, range_of(query));
  CRYPTOSTREAM_TRY_ASSIGN(auto points, query.integer("points", 10, 5000));
  CRYPTOSTREAM_TRY_ASSIGN(auto interval, query.integer("interval", 1, 1000 * day));
  CRYPTOSTREAM_TRY_ASSIGN(auto code, currency(query));
  if (interval && (range.to - range.from) / *interval > 5000)
    return fail(ErrorKind::usage, "parameter interval is too short for this range: at most 5000 candles");
  CRYPTOSTREAM_TRY_ASSIGN(auto history,
                          reads_.history(symbol, range, code, interval.value_or(0), points.value_or(500)));
  if (!history) return no_such_coin(symbol);
  auto body = fmt::format(R"({{"symbol":{},"currency":{},"interval":{},"first":{},"last":{},"candles":[)", json(symbol),
                          json(code), history->interval, history->first, history->last);
  for (const auto& bar : history->bars)
    fmt::format_to(std::back_inserter(body), "{}[{},{},{},{},{},{}]", &bar == history->bars.data() ? "" : ",",
                   bar.start, number(bar.open), number(bar.high), number(bar.low), number(bar.close),
                   bar.volume ? number(*bar.volume) : "null");
  body += "]";
  if (auto list = query.text("indicators")) {
    CRYPTOSTREAM_TRY_ASSIGN(auto lines, indicators_json(*list, history->bars));
    body += ",\"indicators\":" + lines;
  }
  return json_answer(body + "}");
}

Result<ServedAnswer> Api::changes(const std::string& symbol, const Query& query) {
  CRYPTOSTREAM_TRY_ASSIGN(auto range, range_of(query));
  CRYPTOSTREAM_TRY_ASSIGN(auto points, query.integer("points", 10, 5000));
  CRYPTOSTREAM_TRY_ASSIGN(auto known, reads_.currencies());
  std::string series;
  for (auto [name, period] :
       {std::pair("1h", hour), std::pair("24h", day), std::pair("7d", 7 * day), std::pair("30d", 30 * day)}) {
    // Candles short enough that the value "then" is not older than it may be.
    auto wanted = std::max<std::int64_t>(1000, (range.to - range.from) / points.value_or(300));
    auto interval = std::min(wanted, period / 10);
    Range with_before{range.from - period - period / 10, range.to};
    CRYPTOSTREAM_TRY_ASSIGN(auto history, reads_.history(symbol, with_before, known.front(), interval, 300));
    if (!history) return no_such_coin(symbol);
    series += fmt::format(R"({}"{}":[{}])", series.empty() ? "" : ",", name,
                          changes_over(history->bars, range.from, period, wanted));
  }
  return json_answer(fmt::format(R"({{"symbol":{},"series":{{{}}}}})", json(symbol), series));
}

Result<ServedAnswer> Api::statistics(const std::string& symbol, const Query& query) {
  CRYPTOSTREAM_TRY_ASSIGN(auto range, range_of(query));
  CRYPTOSTREAM_TRY_ASSIGN(auto code, currency(query));
  CRYPTOSTREAM_TRY_ASSIGN(auto statistics, reads_.statistics(symbol, range, code));
  if (!statistics) return no_such_coin(symbol);
  return json_answer(json(*statistics));
}

Result<ServedAnswer> Api::dominance(const Query& query) {
  CRYPTOSTREAM_TRY_ASSIGN(auto range, range_of(query));
  CRYPTOSTREAM_TRY_ASSIGN(auto points, query.integer("points", 10, 5000));
  CRYPTOSTREAM_TRY_ASSIGN(auto caps, reads_.market_caps(range, points.value_or(200)));
  std::set<std::string> symbols;
  for (const auto& [time, by_symbol] : caps)
    for (const auto& [symbol, cap] : by_symbol) symbols.insert(symbol);
  std::string times, series;
  for (const auto& [time, by_symbol] : caps)
    fmt::format_to(std::back_inserter(times), "{}{}", times.empty() ? "" : ",", time);
  for (const auto& symbol : symbols) {
    std::string line;
    for (const auto& [time, by_symbol] : caps) {
      double all = 0;
      for (const auto& [each, cap] : by_symbol) all += cap;
      auto own = by_symbol.find(symbol);
      fmt::format_to(std::back_inserter(line), "{}{}", line.empty() ? "" : ",",
                     own == by_symbol.end() || all <= 0 ? "null" : number(own->second / all * 100));
    }
    fmt::format_to(std::back_inserter(series), "{}{}:[{}]", series.empty() ? "" : ",", json(symbol), line);
  }
  return json_answer(fmt::format(R"({{"times":[{}],"series":{{{}}}}})", times, series));
}

std::string Api::pipeline() {
  auto uptime = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  std::string store;
  {
    std::lock_guard lock(mutex_);
    store = store_trouble_;
  }
  auto check = [](const std::string& name, const std::string& trouble) {
    return trouble.empty() ? fmt::format(R"({{"name":{},"ok":true}})", json(name))
                           : fmt::format(R"({{"name":{},"ok":false,"message":{}}})", json(name), json(trouble));
  };
  auto checks = check(reads_.description(), store);
  if (about_.live) checks += "," + check("log", live_.trouble());
  std::string parts = R"("applications":[],"sources":[],"sinks":[])", process;
  if (about_.monitor) {
    about_.monitor->look([&](const ProcessReport& report) {
      std::lock_guard lock(mutex_);
      parts = status_.parts(report, system_clock().now());
      process = fmt::format("{}", fmt::join(readiness(report).troubles, "; "));
    });
  }
  return fmt::format(R"({{"uptime":{},{},"checks":[{},{}]}})", number(uptime), parts, check("process", process),
                     checks);
}

}  // namespace cryptostream::dashboard
