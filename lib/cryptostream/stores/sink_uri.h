// The parts of a sink's URI.
#pragma once

#include <cryptostream/core/result.h>

#include <map>
#include <string>
#include <string_view>

namespace cryptostream {

struct SinkUri {
  std::string scheme;                             ///< "sqlite"; of `postgres` alone the whole text
  std::string rest;                               ///< what follows the colon, without parameters
  std::map<std::string, std::string> parameters;  ///< decoded

  /// Takes a parameter out; empty if it is not there.
  std::string take(const std::string& name);
};

/// Error (usage): a parameter twice or without '=', or a bad %-escape.
Result<SinkUri> parse_sink_uri(std::string_view uri);

/// What libpq is to connect to: the URI with its remaining parameters; of `postgres` alone CRYPTOSTREAM_POSTGRES_URL or
/// "", which stands for the PG* variables.
std::string libpq_url(const SinkUri& uri);

/// `text` with what a URI's query reserves as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace cryptostream
