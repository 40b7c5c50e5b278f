#include <cryptostream/connect/connect.h>

#include <cryptostream/broker/memory.h>
#include <cryptostream/local/local.h>

#include <stdexcept>
#include <string>

namespace cryptostream {
namespace {

constexpr std::string_view known = "this version supports local:FILE and memory:";

/// A URL may carry a password before its host, which must not reach a message.
std::string without_secret(std::string_view url) {
  std::string shown(url);
  auto scheme_end = shown.find("://");
  auto start = scheme_end == shown.npos ? 0 : scheme_end + 3;
  auto at = shown.rfind('@');
  if (at != shown.npos && at > start) shown.replace(start, at - start, "***");
  return shown;
}

}  // namespace

std::shared_ptr<Broker> connect(std::string_view url) {
  constexpr std::string_view local_scheme = "local:";
  if (url == "memory:") return memory_broker();
  if (url.starts_with("memory:"))
    throw std::invalid_argument(
        fmt::format("\"{}\": a log in memory has no name, write memory: alone", without_secret(url)));
  if (url.starts_with(local_scheme)) {
    auto file = url.substr(local_scheme.size());
    if (file.empty())
      throw std::invalid_argument("\"local:\" names no file: write local:FILE, as in local:/var/lib/prices.db");
    if (file.starts_with("//"))
      throw std::invalid_argument(
          fmt::format("\"{}\": the file follows the colon at once, as in local:/var/lib/prices.db", url));
    return local_broker(std::filesystem::path(file));
  }
  if (url.find(':') == url.npos && !url.empty())
    throw std::invalid_argument(fmt::format("\"{}\" does not say which kind of log it is: {} (did you mean local:{}?)",
                                            without_secret(url), known, without_secret(url)));
  throw std::invalid_argument(fmt::format("\"{}\": {}", without_secret(url), known));
}

}  // namespace cryptostream
