// Connection URLs as people give them: checked early, shown without secrets.
#pragma once

#include <string>

namespace cryptostream::postgres {

/// Throws std::invalid_argument unless libpq can read `url` (empty: fine). The message holds nothing of the URL.
void check_url(const std::string& url);

/// "host:port/database" as far as `url` says so, else "PostgreSQL of the PG* variables".
std::string describe_url(const std::string& url);

}  // namespace cryptostream::postgres
