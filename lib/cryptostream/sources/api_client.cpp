#include <cryptostream/sources/api_client.h>

#include <charconv>

namespace cryptostream {

ApiClient::ApiClient(const std::string& url, double requests_per_minute, double burst, HttpOptions http,
                     std::shared_ptr<SourceCounts> counts)
    : patience_(http.total_timeout),
      http_(std::move(http)),
      budget_(RateBudget::of(url, requests_per_minute, burst)),
      counts_(std::move(counts)) {}

Result<HttpResponse> ApiClient::get(const HttpRequest& request, std::stop_token stop) {
  if (auto taken = budget_->take(patience_, stop); !taken)
    return fail(std::move(taken).error().with_context(request.what));
  CRYPTOSTREAM_TRY_ASSIGN(auto response, http_.get(request, stop));
  if (auto left = response.header("x-ratelimit-remaining"); left && counts_) {
    std::int64_t number = -1;
    std::from_chars(left->data(), left->data() + left->size(), number);
    if (number >= 0) counts_->requests_left = number;
  }
  return response;
}

Result<HttpResponse> ApiClient::get_good(const HttpRequest& request, std::stop_token stop) {
  CRYPTOSTREAM_TRY_ASSIGN(auto response, get(request, stop));
  CRYPTOSTREAM_TRY(check_answer(request, response));
  return response;
}

Result<void> check_key(const std::string& key) {
  for (unsigned char c : key)
    if (c <= 0x20 || c >= 0x7f)
      return fail(ErrorKind::configuration, "the key has a space or control character in it; check the key file");
  return {};
}

}  // namespace cryptostream
