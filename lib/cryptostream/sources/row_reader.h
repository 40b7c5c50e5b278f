// A reader for APIs whose answers are rows with a time of their own: each row once. Private to this module.
#pragma once

#include <cryptostream/market/coin.h>
#include <cryptostream/market/fx_rate.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/sources/polling.h>
#include <cryptostream/sources/position.h>

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace cryptostream {

/// What one poll gave that can be used, and what is wrong with the rest.
template <class Row>
struct PollAnswer {
  std::vector<Row> rows{};
  std::vector<Error> bad_rows{};             ///< each names source, endpoint, row and field
  std::vector<std::string> without_price{};  ///< identities of rows that are well but say nothing
  std::size_t duplicates = 0;
};

/// An API that can be asked for all its rows at once. One thread only.
template <class Row>
class PolledApi {
 public:
  virtual ~PolledApi() = default;
  virtual Result<PollAnswer<Row>> ask(std::stop_token stop) = 0;
  /// Identities of the rows that each answer should have.
  virtual const std::vector<std::string>& expected() const = 0;
};

// What a row is known by, what its record's key is, and what it is as a V.
inline const std::string& identity_of(const Coin& coin) { return coin.asset_id; }
inline const std::string& identity_of(const FxRate& rate) { return rate.currency; }
inline const std::string& key_of(const Coin& coin) { return coin.symbol; }
inline const std::string& key_of(const FxRate& rate) { return rate.currency; }
template <class V, class Row>
V row_as(Row row) {
  if constexpr (std::is_same_v<V, Row>) {
    return row;
  } else {
    return to_quote(row);
  }
}

template <class Row, class V = Row>
class RowReader final : public PollingReader<V> {
 public:
  using Batch = typename PollingReader<V>::Batch;

  /// Rows that are not newer than `known` are left out; with `whole` only where all of them are.
  RowReader(PollOptions options, std::unique_ptr<PolledApi<Row>> api, SourcePosition known, bool whole = false)
      : PollingReader<V>(options),
        counts_(std::move(options.counts)),
        api_(std::move(api)),
        known_(std::move(known)),
        whole_(whole) {}

 private:
  Result<Batch> ask(std::stop_token stop) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto answer, api_->ask(stop));
    counts_->without_price += static_cast<std::int64_t>(answer.without_price.size());
    counts_->duplicates += static_cast<std::int64_t>(answer.duplicates);
    std::unordered_set<std::string> given(answer.without_price.begin(), answer.without_price.end());
    Batch batch;
    std::size_t news = 0;
    auto newest = counts_->data_time.load();
    for (auto& row : answer.rows) {
      const auto& identity = identity_of(row);
      auto time = row.time;
      auto& known = known_.try_emplace(identity, -1).first->second;
      bool fresh = time.ms > known;
      known = std::max(known, time.ms);
      newest = std::max(newest, time.ms);
      given.insert(identity);
      if (fresh) ++news;
      if (!fresh && !whole_) {
        ++counts_->duplicates;
        continue;
      }
      auto key = key_of(row);
      batch.records.push_back({std::move(key), row_as<V>(std::move(row)), time, headers_});
    }
    counts_->data_time = newest;
    this->troubles_.bad(answer.bad_rows);
    if (answer.bad_rows.empty()) this->troubles_.missing(all_but(given));  // else it may be one of those
    if (news == 0) return Batch();
    forget_all_but(given);
    batch.position = to_string(known_);
    return batch;
  }

  std::vector<std::string> all_but(const std::unordered_set<std::string>& given) const {
    std::vector<std::string> missing;
    std::copy_if(api_->expected().begin(), api_->expected().end(), std::back_inserter(missing),
                 [&](const auto& identity) { return !given.contains(identity); });
    return missing;
  }

  /// The position must not grow for ever where a list has other coins every day.
  void forget_all_but(const std::unordered_set<std::string>& given) {
    if (known_.size() > 2 * given.size() + 100)
      std::erase_if(known_, [&](const auto& entry) { return !given.contains(entry.first); });
  }

  std::shared_ptr<SourceCounts> counts_;
  std::unique_ptr<PolledApi<Row>> api_;
  SourcePosition known_;  // newest time of each row
  bool whole_;
  Headers headers_ = Headers().add(type_header, domain_type<V>());
};

/// A reader of coins, as V's, of the vendor `source` that Client asks; opens the client. Errors: the client's, and a
/// position that is none.
template <class V, class Client, class Options>
Result<std::unique_ptr<SourceReader<std::string, V>>> open_coin_reader(const char* source, Options options,
                                                                       const SourceTask& task, std::stop_token stop) {
  CRYPTOSTREAM_TRY_ASSIGN(auto known, parse_position(task.position.value_or("")));
  if (!options.counts) options.counts = std::make_shared<SourceCounts>();
  auto client = std::make_unique<Client>(options);
  CRYPTOSTREAM_TRY(client->open(stop));
  PollOptions poll{.source = source,
                   .what = client->what(),
                   .interval = options.interval,
                   .retry = options.retry,
                   .counts = options.counts};
  return std::make_unique<RowReader<Coin, V>>(std::move(poll), std::move(client), std::move(known),
                                              options.whole_list && options.coins.empty());
}

}  // namespace cryptostream
