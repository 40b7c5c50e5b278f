#include <cryptostream/sources/frankfurter/messages.h>
#include <cryptostream/sources/frankfurter/source.h>
#include <cryptostream/sources/fx_client.h>

#include <algorithm>

#include <fmt/format.h>

namespace cryptostream {

Result<std::unique_ptr<SourceReader<std::string, FxRate>>> FrankfurterSource::open(const SourceTask& task,
                                                                                   std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check_fx(options_.base, options_.currencies, options_.interval));
  // The bank's own base: of another one Frankfurter gives quotients rounded to a few digits.
  auto url = options_.url + "/v1/latest?base=EUR";
  if (auto symbols = options_.currencies; !symbols.empty()) {
    if (std::find(symbols.begin(), symbols.end(), options_.base) == symbols.end()) symbols.push_back(options_.base);
    std::erase(symbols, "EUR");
    if (!symbols.empty()) url += fmt::format("&symbols={}", fmt::join(symbols, ","));
  }
  return open_fx_reader(options_,
                        {.source = "frankfurter",
                         .request = {.what = "frankfurter /v1/latest", .url = std::move(url)},
                         .decode = [](std::string_view body) { return decode_frankfurter("/v1/latest", body); }},
                        task, stop);
}

}  // namespace cryptostream
