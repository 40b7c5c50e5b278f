// One request that is asked again and again for exchange rates. Private to this module.
#pragma once

#include <cryptostream/sources/api_client.h>
#include <cryptostream/sources/fx_table.h>

#include <functional>

namespace cryptostream {

/// What tells one source of rates from another.
struct FxQuestion {
  std::string source;  ///< "fastforex"
  HttpRequest request;
  std::function<Result<FxAnswer>(std::string_view body)> decode;
};

/// One thread only.
class FxClient final : public PolledApi<FxRate> {
 public:
  FxClient(FxQuestion question, std::string base, std::vector<std::string> currencies, ApiClient client)
      : question_(std::move(question)),
        base_(std::move(base)),
        currencies_(std::move(currencies)),
        client_(std::move(client)) {}

  /// Asks once; errors: configuration, naming currencies that are not there; those of ask().
  Result<void> open(std::stop_token stop);
  Result<PollAnswer<FxRate>> ask(std::stop_token stop) override;
  const std::vector<std::string>& expected() const override { return currencies_; }

 private:
  const FxQuestion question_;
  const std::string base_;
  const std::vector<std::string> currencies_;
  ApiClient client_;
};

/// Errors (configuration): a base or currency that is no code of letters ("SEK"), or an interval that is none.
Result<void> check_fx(const std::string& base, const std::vector<std::string>& currencies,
                      std::chrono::milliseconds interval);

/// Opens a reader of rates with these options (FastForexOptions and the like): asks once, to see that the key is good
/// and every currency there. Errors: configuration, naming currencies that do not exist or are no codes; those of an
/// answer.
template <class Options>
Result<std::unique_ptr<SourceReader<std::string, FxRate>>> open_fx_reader(const Options& options, FxQuestion question,
                                                                          const SourceTask& task,
                                                                          std::stop_token stop) {
  CRYPTOSTREAM_TRY_ASSIGN(auto known, parse_position(task.position.value_or("")));
  auto counts = options.counts ? options.counts : std::make_shared<SourceCounts>();
  PollOptions poll{.source = question.source,
                   .what = question.request.what,
                   .interval = options.interval,
                   .retry = options.retry,
                   .counts = counts};
  auto client =
      std::make_unique<FxClient>(std::move(question), options.base, options.currencies,
                                 ApiClient(options.url, options.requests_per_minute,
                                           std::max(5.0, options.requests_per_minute / 4), options.http, counts));
  CRYPTOSTREAM_TRY(client->open(stop));
  return std::make_unique<RowReader<FxRate>>(std::move(poll), std::move(client), std::move(known));
}

}  // namespace cryptostream
