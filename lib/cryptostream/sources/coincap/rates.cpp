#include <cryptostream/sources/coincap/client.h>
#include <cryptostream/sources/coincap/rates.h>
#include <cryptostream/sources/fx_client.h>

namespace cryptostream {

Result<std::unique_ptr<SourceReader<std::string, FxRate>>> CoinCapRates::open(const SourceTask& task,
                                                                              std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check_fx(options_.base, options_.currencies, options_.interval));
  CRYPTOSTREAM_TRY(check_coincap_key(options_.key, options_.url));
  return open_fx_reader(options_,
                        {.source = "coincap",
                         .request = coincap_request("/rates", options_.url + "/rates", options_.key),
                         .decode = [](std::string_view body) { return decode_coincap_rates(body); }},
                        task, stop);
}

}  // namespace cryptostream
