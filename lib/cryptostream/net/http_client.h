// HTTP GETs with every bound that a client of somebody else's server needs.
#pragma once

#include <cryptostream/net/http_message.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>

namespace cryptostream {

struct HttpOptions {
  std::chrono::milliseconds connect_timeout{10'000};  ///< name, TCP and TLS together
  std::chrono::milliseconds total_timeout{30'000};    ///< from the start to the last byte
  std::chrono::milliseconds stall_timeout{10'000};    ///< without a single byte, once connected
  std::size_t max_body = 32u << 20;                   ///< bytes, unpacked
  int max_redirects = 3;                              ///< never from https to http
  std::string ca_file{};                              ///< certificates to trust instead of the system's
  std::string user_agent = "cryptostream";
};

/// One connection kept open between requests. TLS is always verified; gzip is asked for. One thread only.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options = {});
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  /// The answer, whatever its status. A stop request ends it at once, with an error of kind temporary.
  /// Errors: unavailable (no connection, timeout, broken off, too large, untrusted certificate), configuration (bad URL
  /// or CA file).
  Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop);

  /// The same, where only 2xx with something like what was asked for will do (see check_answer).
  Result<HttpResponse> get_good(const HttpRequest& request, std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cryptostream
