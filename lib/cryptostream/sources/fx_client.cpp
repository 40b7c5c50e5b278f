#include <cryptostream/sources/fx_client.h>

#include <algorithm>

#include <fmt/format.h>

namespace cryptostream {

Result<void> FxClient::open(std::stop_token stop) {
  CRYPTOSTREAM_TRY_ASSIGN(auto answer, ask(stop));
  std::vector<std::string> unknown;
  for (const auto& currency : currencies_)
    if (std::none_of(answer.rows.begin(), answer.rows.end(),
                     [&](const FxRate& rate) { return rate.currency == currency; }))
      unknown.push_back(currency);
  if (!answer.bad_rows.empty() && (answer.rows.empty() || !unknown.empty())) return fail(answer.bad_rows[0]);
  if (unknown.empty()) return {};
  return fail(ErrorKind::configuration, fmt::format("{}: there is no rate of {}; leave it out, or ask another source",
                                                    question_.request.what, fmt::join(unknown, ", ")));
}

Result<PollAnswer<FxRate>> FxClient::ask(std::stop_token stop) {
  CRYPTOSTREAM_TRY_ASSIGN(auto response, client_.get_good(question_.request, stop));
  CRYPTOSTREAM_TRY_ASSIGN(auto answer, question_.decode(response.body));
  return rates_in(base_, currencies_, std::move(answer), question_.request.what);
}

Result<void> check_fx(const std::string& base, const std::vector<std::string>& currencies,
                      std::chrono::milliseconds interval) {
  auto is_code = [](const std::string& code) {
    return code.size() >= 3 && code.size() <= 6 &&
           std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  };
  if (interval.count() <= 0) return fail(ErrorKind::configuration, "the interval is not positive");
  auto wrong = std::find_if_not(currencies.begin(), currencies.end(), is_code);
  if (wrong == currencies.end() && is_code(base)) return {};
  return fail(ErrorKind::configuration, fmt::format("`{}` is no currency: write its code in capitals, as SEK",
                                                    wrong == currencies.end() ? base : *wrong));
}

}  // namespace cryptostream
