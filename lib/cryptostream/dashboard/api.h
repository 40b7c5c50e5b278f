// The answers of docs/dashboard-api.yaml. Private to the module.
#pragma once

#include <cryptostream/dashboard/live.h>
#include <cryptostream/dashboard/pipeline_status.h>
#include <cryptostream/dashboard/query.h>
#include <cryptostream/dashboard/reads.h>
#include <cryptostream/monitor/monitor.h>
#include <cryptostream/net/http_server.h>

#include <string>
#include <string_view>

namespace cryptostream::dashboard {

/// `{"error": {"code", "message"}}` with its status.
ServedAnswer error_answer(int status, std::string_view code, std::string_view message);
/// The status that an Error stands for: 400 for usage, 503 for what may go away, else 500.
ServedAnswer error_answer(const Error& error);

struct About {
  std::string title;
  std::string version;
  bool live = false;
  Monitor* monitor = nullptr;
};

/// Answers from tables and log. All but what `Live` knows may wait for the store. Thread-safe.
class Api {
 public:
  Api(About about, Reads& reads, Live& live) : about_(std::move(about)), reads_(reads), live_(live) {}

  /// The answer to a GET below /api/v1; `path` is what follows. 404 for what there is not.
  Result<ServedAnswer> get(std::string_view path, const Query& query);
  /// `Pipeline`.
  std::string pipeline();

 private:
  Result<ServedAnswer> info();
  Result<ServedAnswer> coins(const Query& query);
  Result<ServedAnswer> of_coin(const std::string& symbol, std::string_view what, const Query& query);
  Result<ServedAnswer> history(const std::string& symbol, const Query& query);
  Result<ServedAnswer> changes(const std::string& symbol, const Query& query);
  Result<ServedAnswer> statistics(const std::string& symbol, const Query& query);
  Result<ServedAnswer> dominance(const Query& query);
  Result<std::string> currency(const Query& query);
  Result<std::map<std::string, CoinState>> stored();
  Result<std::optional<History>> sparkline(const std::string& symbol, std::int64_t now);

  About about_;
  Reads& reads_;
  Live& live_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();

  std::mutex mutex_;
  std::map<std::string, CoinState> stored_;  // guarded by mutex_, as is what follows
  std::int64_t stored_at_ = 0;
  std::map<std::string, std::pair<std::int64_t, std::vector<double>>> sparklines_;
  std::string store_trouble_;
  PipelineStatus status_;
};

}  // namespace cryptostream::dashboard
