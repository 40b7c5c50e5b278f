#include <cryptostream/net/handle.h>

#include <fcntl.h>

namespace cryptostream {
namespace {

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

}  // namespace

CurlTransfer::CurlTransfer() {
  start_curl();
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  reset();
}

void CurlTransfer::reset() {
  curl_easy_reset(easy());
  curl_easy_setopt(easy(), CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(easy(), CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name server
#endif
}

Result<CURLcode> CurlTransfer::run(std::stop_token stop, const std::function<std::optional<Error>()>& watch,
                                   const std::function<void()>& at_end) {
  if (curl_multi_add_handle(multi_.get(), easy()) != CURLM_OK)
    return fail(ErrorKind::internal, "libcurl refuses a transfer");
  struct Remove {
    CURLM* multi;
    CURL* easy;
    ~Remove() { curl_multi_remove_handle(multi, easy); }
  } remove{multi_.get(), easy()};
  std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
  for (int running = 1; running > 0;) {
    if (stop.stop_requested()) return fail(ErrorKind::temporary, "stopped");
    if (auto error = watch()) return fail(std::move(*error));
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK)
      return fail(ErrorKind::internal, "libcurl cannot go on");
    if (running > 0) curl_multi_poll(multi_.get(), nullptr, 0, 100, nullptr);
  }
  if (at_end) at_end();
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left))
    if (message->msg == CURLMSG_DONE && message->easy_handle == easy()) return message->data.result;
  return fail(ErrorKind::internal, "libcurl ended a transfer without a result");
}

Result<int> connect_tcp(const std::string& what, const std::string& host, int port, std::chrono::milliseconds timeout,
                        std::stop_token stop) {
  CurlTransfer transfer;
  auto* easy = transfer.easy();
  auto literal = host.find(':') != host.npos && !host.starts_with('[') ? "[" + host + "]" : host;
  auto url = fmt::format("http://{}:{}/", literal, port);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
  int own = -1;
  auto keep_socket = [&] {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
    if (socket != CURL_SOCKET_BAD) own = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  };
  CRYPTOSTREAM_TRY_ASSIGN(auto code, transfer.run(
                                         stop, [] { return std::optional<Error>(); }, keep_socket));
  if (code != CURLE_OK) {
    auto why = code == CURLE_COULDNT_RESOLVE_HOST ? std::string("the name is not known; check address and network")
               : code == CURLE_OPERATION_TIMEDOUT ? fmt::format("no connection within {} ms", timeout.count())
                                                  : std::string("refused or unreachable");
    return fail(ErrorKind::unavailable, fmt::format("{}: cannot connect to {}:{}: {}", what, host, port, why));
  }
  if (own < 0)
    return fail(ErrorKind::unavailable, fmt::format("{}: the connection to {}:{} was lost", what, host, port));
  return own;
}

}  // namespace cryptostream
