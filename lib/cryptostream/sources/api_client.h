// Requests to one vendor's API: within its budget, its limits noted. Private to this module.
#pragma once

#include <cryptostream/net/http_client.h>
#include <cryptostream/net/rate_budget.h>
#include <cryptostream/sources/counts.h>

#include <memory>
#include <stop_token>
#include <string>

namespace cryptostream {

/// One thread only.
class ApiClient {
 public:
  /// The budget is shared by all clients of `url` in the process; up to `burst` requests go at once. `counts` may be
  /// null.
  ApiClient(const std::string& url, double requests_per_minute, double burst, HttpOptions http,
            std::shared_ptr<SourceCounts> counts);

  /// The answer, whatever its status; waits for the budget, at most as long as for an answer. Errors: temporary (the
  /// budget), those of HttpClient::get.
  Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop);

  /// The same, where only a good answer will do (see check_answer).
  Result<HttpResponse> get_good(const HttpRequest& request, std::stop_token stop);

 private:
  std::chrono::milliseconds patience_;
  HttpClient http_;
  std::shared_ptr<RateBudget> budget_;
  std::shared_ptr<SourceCounts> counts_;
};

/// Whether a key can be sent as a header. Errors: configuration; the key is not in the message.
Result<void> check_key(const std::string& key);

}  // namespace cryptostream
