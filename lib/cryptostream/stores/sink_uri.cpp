#include <cryptostream/core/percent.h>
#include <cryptostream/stores/any_sink.h>
#include <cryptostream/stores/sink_uri.h>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace cryptostream {

std::string SinkUri::take(const std::string& name) {
  auto node = parameters.extract(name);
  return node.empty() ? std::string() : std::move(node.mapped());
}

Result<SinkUri> parse_sink_uri(std::string_view uri) {
  SinkUri parts;
  auto query = uri.find('?');
  auto path = uri.substr(0, query);
  auto colon = path.find(':');
  parts.scheme = path.substr(0, colon);
  if (colon != path.npos) parts.rest = path.substr(colon + 1);
  auto left = query == uri.npos ? std::string_view() : uri.substr(query + 1);
  while (!left.empty()) {
    auto pair = left.substr(0, left.find('&'));
    left.remove_prefix(std::min(left.size(), pair.size() + 1));
    auto equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals));
    auto value = percent_decoded(equals == pair.npos ? std::string_view() : pair.substr(equals + 1));
    bool good = equals != pair.npos && equals != 0 && name && value;
    if (!good || !parts.parameters.emplace(*name, *value).second)
      return fail(
          ErrorKind::usage,
          fmt::format("sink {}: write parameters as ?name=value&name=value, each once, with %XX for special characters",
                      masked_sink_uri(uri)));
  }
  return parts;
}

std::string libpq_url(const SinkUri& uri) {
  if (uri.rest.empty()) {
    const char* named = std::getenv("CRYPTOSTREAM_POSTGRES_URL");
    return named != nullptr ? named : "";
  }
  auto url = fmt::format("{}:{}", uri.scheme, uri.rest);
  char before = '?';
  for (const auto& [name, text] : uri.parameters) {
    url += fmt::format("{}{}={}", before, percent_encoded(name), percent_encoded(text));
    before = '&';
  }
  return url;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    bool plain = std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~' || c == '/' || c == ',';
    if (plain) {
      out += static_cast<char>(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", c);
    }
  }
  return out;
}

std::string masked_sink_uri(std::string_view uri) {
  std::string masked(uri);
  // user:password@ — up to the last @, for passwords whose own / and @ were not encoded.
  if (auto start = masked.find("://"); start != masked.npos) {
    auto at = masked.rfind('@', masked.find('?'));
    auto colon = masked.find(':', start + 3);
    if (at != masked.npos && colon < at) masked.replace(colon + 1, at - colon - 1, "***");
  }
  for (std::size_t from = 0; (from = masked.find("password=", from)) != masked.npos;) {
    from += std::string_view("password=").size();
    masked.replace(from, std::min(masked.find('&', from), masked.size()) - from, "***");
  }
  return masked;
}

bool has_password(std::string_view uri) { return masked_sink_uri(uri) != uri; }

}  // namespace cryptostream
