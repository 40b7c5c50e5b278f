// Reading from an SQLite file. Private to the module.
#pragma once

#include <cryptostream/stores/table_reader.h>

namespace cryptostream::sqlite {

std::unique_ptr<TableReader> reader(std::string file);

}  // namespace cryptostream::sqlite
