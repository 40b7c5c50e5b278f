// What a row does to the table it is written to.
#pragma once

#include <cryptostream/core/result.h>

#include <cstdint>
#include <string_view>

namespace cryptostream {

enum class WriteMode : std::uint8_t {
  insert,   ///< every row is added; the table needs no key
  upsert,   ///< a row replaces the one with the same key; a null value deletes it; the last operation of a key wins
  replace,  ///< the rows of one commit take the place of all rows before, at once; a commit without rows changes
            ///< nothing
};

/// "insert", "upsert", "replace".
std::string_view to_string(WriteMode mode);

/// The mode of that name. Error (usage): names the modes there are.
Result<WriteMode> parse_write_mode(std::string_view name);

}  // namespace cryptostream
