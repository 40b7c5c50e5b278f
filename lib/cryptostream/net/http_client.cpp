#include <cryptostream/net/handle.h>
#include <cryptostream/net/http_client.h>

namespace cryptostream {
namespace {

constexpr std::size_t max_header_bytes = 64u << 10;

/// What the callbacks of one transfer share.
struct Receiving {
  HttpResponse response;
  std::size_t max_body;
  std::size_t header_bytes = 0;
  bool too_large = false;
  bool headers_too_large = false;
  std::chrono::steady_clock::time_point last_byte = std::chrono::steady_clock::now();
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& receiving = *static_cast<Receiving*>(context);
  auto bytes = size * count;
  receiving.last_byte = std::chrono::steady_clock::now();
  if (receiving.response.body.size() + bytes > receiving.max_body) {
    receiving.too_large = true;
    return 0;
  }
  receiving.response.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* context) {
  auto& receiving = *static_cast<Receiving*>(context);
  std::string_view line(data, size * count);
  receiving.last_byte = std::chrono::steady_clock::now();
  receiving.header_bytes += line.size();
  if (receiving.header_bytes > max_header_bytes) {
    receiving.headers_too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) receiving.response.headers.clear();  // of a redirect or a 100
  if (auto colon = line.find(':'); colon != line.npos) {
    auto value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
      value.remove_suffix(1);
    receiving.response.headers.emplace_back(line.substr(0, colon), value);
  }
  return size * count;
}

std::string host_of(std::string_view url) {
  if (auto scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (auto at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
  return std::string(url);
}

Error describe(CURLcode code, const HttpRequest& request, const HttpOptions& options, const Receiving& receiving) {
  auto host = host_of(request.url);
  auto unavailable = [&](std::string why) {
    return Error(ErrorKind::unavailable, fmt::format("{}: {}", request.what, why));
  };
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Error(ErrorKind::configuration,
                   fmt::format("{}: {} is no address of an HTTP server; use http:// or https://", request.what,
                               mask_url(request.url)));
    case CURLE_SSL_CACERT_BADFILE:
      return Error(ErrorKind::configuration,
                   fmt::format("{}: cannot read certificates from {}", request.what,
                               options.ca_file.empty() ? "the system (package ca-certificates)" : options.ca_file));
    case CURLE_COULDNT_RESOLVE_HOST:
      return unavailable(fmt::format("the name {} is not known; check address and network", host));
    case CURLE_COULDNT_CONNECT:
      return unavailable(fmt::format("cannot connect to {}: refused or unreachable", host));
    case CURLE_OPERATION_TIMEDOUT:
      return unavailable(fmt::format("{} did not finish in time ({} ms to connect, {} ms in all)", host,
                                     options.connect_timeout.count(), options.total_timeout.count()));
    case CURLE_PEER_FAILED_VERIFICATION:
      return unavailable(fmt::format(
          "the certificate of {} is not trusted; check the clock, the CA certificates, and what is in between", host));
    case CURLE_SSL_CONNECT_ERROR:
      return unavailable(fmt::format("no TLS connection to {}: the other side does not speak it or broke off", host));
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
      return unavailable(
          fmt::format("{} broke off after {} bytes of its answer", host, receiving.response.body.size()));
    case CURLE_WRITE_ERROR:
    case CURLE_FILESIZE_EXCEEDED:
      if (receiving.headers_too_large)
        return unavailable(fmt::format("the headers of {} are larger than {} bytes", host, max_header_bytes));
      return unavailable(
          receiving.too_large || code == CURLE_FILESIZE_EXCEEDED
              ? fmt::format("the answer of {} is larger than the {} bytes allowed", host, options.max_body)
              : fmt::format("the answer of {} cannot be unpacked", host));
    case CURLE_BAD_CONTENT_ENCODING:
      return unavailable(fmt::format("the answer of {} cannot be unpacked", host));
    case CURLE_TOO_MANY_REDIRECTS:
      return unavailable(fmt::format("{} redirects more than {} times", host, options.max_redirects));
    default:
      return unavailable(fmt::format("talking to {} failed: {}", host, curl_easy_strerror(code)));
  }
}

}  // namespace

struct HttpClient::Impl {
  HttpOptions options;
  CurlTransfer transfer{};
};

HttpClient::HttpClient(HttpOptions options) : impl_(new Impl{std::move(options)}) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::get(const HttpRequest& request, std::stop_token stop) {
  const auto& options = impl_->options;
  impl_->transfer.reset();
  auto* easy = impl_->transfer.easy();
  Receiving receiving{.response = {}, .max_body = options.max_body};

  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  std::unique_ptr<curl_slist, FreeList> headers;
  auto add_header = [&](const std::string& line) { headers.reset(curl_slist_append(headers.release(), line.c_str())); };
  add_header("Accept: " + request.accept);
  for (const auto& [name, value] : request.headers) add_header(name + ": " + value);

  bool secure = request.url.starts_with("https://");
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_body));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, static_cast<long>(options.max_redirects));
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, long{CURLPROTO_HTTP | CURLPROTO_HTTPS});
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS,
                   secure ? long{CURLPROTO_HTTPS} : long{CURLPROTO_HTTP | CURLPROTO_HTTPS});
#endif
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &receiving);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &receiving);

  auto stalled = [&]() -> std::optional<Error> {
    if (std::chrono::steady_clock::now() - receiving.last_byte < options.stall_timeout) return std::nullopt;
    curl_off_t connected = 0;
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected == 0) return std::nullopt;  // the connect timeout's business
    return Error(ErrorKind::unavailable, fmt::format("{}: {} said nothing for {} ms", request.what,
                                                     host_of(request.url), options.stall_timeout.count()));
  };
  auto code = impl_->transfer.run(stop, stalled);
  if (!code) return fail(std::move(code).error());
  if (*code != CURLE_OK) return fail(describe(*code, request, options, receiving));
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  receiving.response.status = static_cast<int>(status);
  return std::move(receiving.response);
}

Result<HttpResponse> HttpClient::get_good(const HttpRequest& request, std::stop_token stop) {
  CRYPTOSTREAM_TRY_ASSIGN(auto response, get(request, stop));
  CRYPTOSTREAM_TRY(check_answer(request, response));
  return response;
}

}  // namespace cryptostream
