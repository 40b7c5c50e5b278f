// libcurl's handles, and how a transfer is driven so that a stop request ends it at once. Private to this module.
#pragma once

#include <cryptostream/core/result.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include <curl/curl.h>

namespace cryptostream {

/// One transfer at a time; connections are kept for the next. Not thread-safe.
class CurlTransfer {
 public:
  CurlTransfer();

  CURL* easy() { return easy_.get(); }
  /// Forgets all settings, keeps connections.
  void reset();

  /// Runs to the end. `watch` is asked about ten times a second whether to give up (an error: yes, with it). A stop
  /// request gives an error of kind temporary. `at_end` is called, if given, while the connection is still this
  /// transfer's.
  Result<CURLcode> run(std::stop_token stop, const std::function<std::optional<Error>()>& watch,
                       const std::function<void()>& at_end = {});

 private:
  struct CloseMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };
  struct CloseEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  std::unique_ptr<CURLM, CloseMulti> multi_;
  std::unique_ptr<CURL, CloseEasy> easy_;  // goes before the multi handle that lends it connections
};

/// A connected TCP socket, the caller's to close: name resolution and all addresses of the host within `timeout`.
/// Errors: unavailable; temporary when stopped.
Result<int> connect_tcp(const std::string& what, const std::string& host, int port, std::chrono::milliseconds timeout,
                        std::stop_token stop);

}  // namespace cryptostream
