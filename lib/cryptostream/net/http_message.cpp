#include <cryptostream/core/excerpt.h>
#include <cryptostream/net/http_message.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <curl/curl.h>

namespace cryptostream {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

/// Seconds since the epoch of an HTTP date, or of ISO 8601 (also with its zone as in "2026-03-09 03:28:00 +0000").
std::optional<std::int64_t> parse_date(std::string_view text) {
  if (auto time = parse_http_date(text)) return time->ms / 1000;
  std::string iso(text);
  if (iso.size() == 25 && iso[19] == ' ') iso = iso.substr(0, 19) + iso.substr(20, 3) + ":" + iso.substr(23);
  if (auto time = Timestamp::parse(iso)) return time->ms / 1000;
  return std::nullopt;
}

std::optional<std::int64_t> parse_whole(std::string_view text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // "7.5": the fraction does not matter.
  if (error != std::errc() || (end != text.data() + text.size() && *end != '.')) return std::nullopt;
  return value;
}

bool is_html(const HttpRequest& request, const HttpResponse& response, std::string_view body) {
  if (auto type = response.header("content-type"); type && lower(*type).find("html") != std::string::npos) return true;
  if (request.accept != "application/xml") return body.starts_with('<');
  auto beginning = lower(body.substr(0, 20));
  return beginning.starts_with("<html") || beginning.starts_with("<!doctype html");
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& [field, value] : headers)
    if (same_name(field, name)) return value;
  return std::nullopt;
}

std::optional<Timestamp> parse_http_date(std::string_view text) {
  auto seconds = curl_getdate(std::string(text).c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return Timestamp{std::int64_t{seconds} * 1000};
}

std::optional<std::chrono::milliseconds> wait_asked_for(const HttpResponse& response, Timestamp now) {
  constexpr std::int64_t day = 86'400;
  auto now_seconds = now.ms / 1000;
  std::optional<std::int64_t> seconds;
  if (auto text = response.header("retry-after")) {
    seconds = parse_whole(trimmed(*text));
    if (!seconds)
      if (auto date = parse_date(*text)) seconds = *date - now_seconds;
  }
  if (auto text = response.header("x-ratelimit-reset"); text && !seconds) {
    seconds = parse_whole(trimmed(*text));
    // "2026-03-09 03:28:00 +0000" begins with a number too, but does not end there.
    if (!seconds) seconds = parse_date(*text);
    // A number that large is a point in time.
    if (seconds && *seconds > 1'000'000'000) *seconds -= now_seconds;
  }
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(std::clamp<std::int64_t>(*seconds, 0, day));
}

Result<void> check_answer(const HttpRequest& request, const HttpResponse& response, const Clock& clock) {
  auto body = trimmed(response.body);
  auto html = is_html(request, response, body);
  auto said = [&] {
    if (body.empty()) return std::string("with an empty body");
    return fmt::format("{}: {}", html ? "with a web page" : "and says", excerpt(body, 160, request.secret));
  };
  auto status = response.status;
  if (status >= 200 && status < 300) {
    if (body.empty())
      return fail(ErrorKind::unavailable, fmt::format("{}: the answer is empty; trying again", request.what));
    if (html)
      return fail(ErrorKind::unavailable,
                  fmt::format("{}: a web page came where {} was expected ({}); a proxy or block page may be in between",
                              request.what, request.accept == "application/xml" ? "XML" : "JSON",
                              excerpt(body, 160, request.secret)));
    return {};
  }
  auto wait = wait_asked_for(response, clock.now());
  auto with_wait = [&](Error error) {
    if (wait) return fail(std::move(error).with_retry_after(*wait));
    return fail(std::move(error));
  };
  if (status == 429)
    return with_wait(
        Error(ErrorKind::temporary,
              fmt::format("{}: too many requests (HTTP 429){} {}; ask less often or with a larger plan", request.what,
                          wait ? fmt::format(", to be left alone for {} s", wait->count() / 1000) : "", said())));
  if (status >= 500 || status == 408)
    return with_wait(
        Error(ErrorKind::unavailable,
              fmt::format("{}: the server is in trouble (HTTP {}) {}; trying again", request.what, status, said())));
  if (status == 401 || status == 402 || status == 403) {
    auto hint = !request.key_hint.empty() ? request.key_hint
                : request.secret.empty()  ? std::string("this address may be blocked, or a key needed")
                                          : std::string("see that it is right and not expired");
    std::string_view why = status == 401   ? "the key is missing or refused"
                           : status == 402 ? "the plan is not paid for"
                                           : "access is refused";
    return fail(ErrorKind::permission,
                fmt::format("{}: {} (HTTP {}) {}; check the key: {}", request.what, why, status, said(), hint));
  }
  if (status >= 300 && status < 400)
    return fail(ErrorKind::failure, fmt::format("{}: redirected to nowhere (HTTP {}); check the address {}",
                                                request.what, status, mask_url(request.url)));
  return fail(ErrorKind::failure, fmt::format("{}: {} (HTTP {}) {}; check the address {}", request.what,
                                              status == 404 ? "not found" : "the request is refused", status, said(),
                                              mask_url(request.url)));
}

std::string escape_query(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

std::string mask_url(std::string_view url) {
  constexpr std::array<std::string_view, 6> telling{"key", "token", "secret", "password", "passwd", "sign"};
  std::string out;
  auto scheme = url.find("://");
  auto host = scheme == url.npos ? 0 : scheme + 3;
  auto host_end = std::min(url.find_first_of("/?#", host), url.size());
  if (auto at = url.substr(host, host_end - host).rfind('@'); at != url.npos) {
    out.append(url.substr(0, host)).append("***");
    host += at;
    out.append(url.substr(host, host_end - host));
  } else {
    out.append(url.substr(0, host_end));
  }
  auto query = url.find('?', host_end);
  if (query == url.npos) return out.append(url.substr(host_end));
  out.append(url.substr(host_end, query + 1 - host_end));
  for (auto rest = url.substr(query + 1); !rest.empty();) {
    auto parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), parameter.size() + 1));
    auto equals = parameter.find('=');
    auto name = lower(parameter.substr(0, equals));
    bool secret = equals != parameter.npos && std::any_of(telling.begin(), telling.end(), [&](std::string_view word) {
                    return name.find(word) != name.npos;
                  });
    out.append(secret ? parameter.substr(0, equals + 1) : parameter);
    if (secret) out.append("***");
    if (!rest.empty()) out += '&';
  }
  return out;
}

}  // namespace cryptostream
