// From a URL to the log it names.
#pragma once

#include <cryptostream/broker/broker.h>

#include <memory>
#include <string_view>

namespace cryptostream {

/// `kafka://HOST:PORT,HOST2:PORT2?property=value&...` (librdkafka's properties, docs/kafka.md; where the build has Kafka),
/// `local:FILE` (a relative FILE is meant from the current folder) or `memory:` (a new, empty log at each call).
///
/// Only reads the URL: whether the log can be reached shows with the first call on it. Throws std::invalid_argument,
/// with what to write instead, for anything else.
std::shared_ptr<Broker> connect(std::string_view url);

}  // namespace cryptostream
