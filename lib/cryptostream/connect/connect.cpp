#include <cryptostream/connect/connect.h>

#include <cryptostream/broker/memory.h>
#ifdef CRYPTOSTREAM_WITH_KAFKA
#include <cryptostream/kafka/kafka.h>
#endif
#include <cryptostream/local/local.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

namespace cryptostream {
namespace {

#ifdef CRYPTOSTREAM_WITH_KAFKA
constexpr std::string_view known = "this version supports kafka://HOST:PORT, local:FILE and memory:";
#else
constexpr std::string_view known = "this version supports local:FILE and memory: (it was built without Kafka)";
#endif

/// A URL may carry a password before its host, which must not reach a message.
std::string without_secret(std::string_view url) {
  std::string shown(url);
  auto scheme_end = shown.find("://");
  auto start = scheme_end == shown.npos ? 0 : scheme_end + 3;
  auto at = shown.rfind('@');
  if (at != shown.npos && at > start) shown.replace(start, at - start, "***");
  return shown;
}

#ifdef CRYPTOSTREAM_WITH_KAFKA
/// "%2F" is "/": values may hold what separates properties.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = 0;
    auto digits = text.substr(i, 3);
    if (digits.size() == 3 && digits[0] == '%' &&
        std::from_chars(digits.data() + 1, digits.data() + 3, byte, 16).ptr == digits.data() + 3) {
      result += static_cast<char>(byte);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::shared_ptr<Broker> connect_kafka(std::string_view rest, std::string_view url) {
  if (rest.find('@') < rest.find('?'))
    throw std::invalid_argument(fmt::format("\"{}\": Kafka takes no user before the host: write ?sasl.username=...", without_secret(url)));
  KafkaOptions options;
  auto question = rest.find('?');
  options.brokers = rest.substr(0, question);
  while (options.brokers.ends_with('/')) options.brokers.pop_back();
  if (options.brokers.empty()) throw std::invalid_argument("\"kafka://\" names no broker: write kafka://HOST:PORT,HOST2:PORT2");
  auto left = question == rest.npos ? std::string_view() : rest.substr(question + 1);
  while (!left.empty()) {
    auto end = std::min(left.find('&'), left.size());
    auto property = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    auto equals = property.find('=');
    if (equals == property.npos || equals == 0)
      throw std::invalid_argument(fmt::format("kafka://{}: after ? come properties as name=value, separated by &", options.brokers));
    options.properties[std::string(property.substr(0, equals))] = decoded(property.substr(equals + 1));
  }
  return kafka_broker(std::move(options));
}
#endif

}  // namespace

std::shared_ptr<Broker> connect(std::string_view url) {
  constexpr std::string_view local_scheme = "local:";
  if (url == "memory:") return memory_broker();
  if (url.starts_with("memory:"))
    throw std::invalid_argument(
        fmt::format("\"{}\": a log in memory has no name, write memory: alone", without_secret(url)));
#ifdef CRYPTOSTREAM_WITH_KAFKA
  constexpr std::string_view kafka_scheme = "kafka://";
  if (url.starts_with(kafka_scheme)) return connect_kafka(url.substr(kafka_scheme.size()), url);
#endif
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
