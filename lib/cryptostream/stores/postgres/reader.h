// Reading from PostgreSQL. Private to the module.
#pragma once

#include <cryptostream/stores/table_reader.h>

namespace cryptostream::postgres {

/// Throws std::invalid_argument for a URL that cannot be read.
std::unique_ptr<TableReader> reader(const std::string& url);

}  // namespace cryptostream::postgres
