#include <cryptostream/sources/fastforex/messages.h>
#include <cryptostream/sources/fastforex/source.h>
#include <cryptostream/sources/fx_client.h>

#include <fmt/format.h>

namespace cryptostream {

Result<std::unique_ptr<SourceReader<std::string, FxRate>>> FastForexSource::open(const SourceTask& task,
                                                                                 std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check_fx(options_.base, options_.currencies, options_.interval));
  CRYPTOSTREAM_TRY(check_key(options_.key));
  if (options_.key.empty() && options_.url == FastForexOptions().url)
    return fail(ErrorKind::permission,
                "FastForex needs a key; get one at https://www.fastforex.io and set CRYPTOSTREAM_FASTFOREX_KEY or "
                "--fastforex-key-file, or use rates without a key (frankfurter, ecb)");
  std::string endpoint = options_.currencies.empty() ? "/fetch-all" : "/fetch-multi";
  HttpRequest request{.what = "fastforex " + endpoint,
                      .url = fmt::format("{}{}?from={}", options_.url, endpoint, options_.base),
                      .secret = options_.key,
                      .key_hint = "CRYPTOSTREAM_FASTFOREX_KEY or --fastforex-key-file, from https://www.fastforex.io"};
  if (!options_.currencies.empty()) request.url += fmt::format("&to={}", fmt::join(options_.currencies, ","));
  if (!options_.key.empty()) request.headers.emplace_back("X-API-Key", options_.key);
  return open_fx_reader(options_,
                        {.source = "fastforex",
                         .request = std::move(request),
                         .decode = [endpoint](std::string_view body) { return decode_fastforex(endpoint, body); }},
                        task, stop);
}

}  // namespace cryptostream
