// What goes over HTTP, and what its status means to a caller.
#pragma once

#include <cryptostream/core/clock.h>
#include <cryptostream/core/result.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptostream {

/// A GET to be made.
struct HttpRequest {
  std::string what;  ///< for messages: who is asked for what ("coincap /assets")
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string secret{};    ///< key or password inside url or headers: never shown, wherever it turns up
  std::string key_hint{};  ///< what to do when the key is refused ("set CRYPTOSTREAM_COINCAP_KEY, …")
  std::string accept = "application/json";  ///< what the answer has to be; "application/xml" is the other that is known
};

/// An answer of any status.
struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers{};  ///< of the last answer where there were redirects
  std::string body{};                                          ///< unpacked

  /// The value of the first header of this name (any case), or nothing.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// What a status other than 2xx, an empty body or a web page in place of what was asked for means:
/// 429 temporary, with `Retry-After` or `x-ratelimit-reset` as retry_after; 401, 402, 403 permission; 404 and other 4xx
/// failure; 5xx, 408, empty and HTML unavailable. The message quotes the beginning of the body, without the request's
/// secret.
Result<void> check_answer(const HttpRequest& request, const HttpResponse& response,
                          const Clock& clock = system_clock());

/// How long the answer asks to be left alone: `Retry-After` (seconds or an HTTP date), else `x-ratelimit-reset`
/// (seconds, epoch seconds or a date); between nothing and a day.
std::optional<std::chrono::milliseconds> wait_asked_for(const HttpResponse& response, Timestamp now);

/// An HTTP date ("Mon, 09 Mar 2026 03:28:00 GMT"), or nothing.
std::optional<Timestamp> parse_http_date(std::string_view text);

/// For a query: everything but letters, digits and -_.~ as %XX.
std::string escape_query(std::string_view text);

/// The URL fit to be shown: user, password and the values of query parameters that look like keys become "***".
std::string mask_url(std::string_view url);

}  // namespace cryptostream
