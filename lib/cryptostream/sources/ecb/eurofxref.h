// The European Central Bank's files of reference rates.
#pragma once

#include <cryptostream/sources/fx_table.h>

#include <string_view>

namespace cryptostream {

/// Decodes a file of the name `file` ("eurofxref-daily.xml"): the rates of one day or many, for one EUR. Errors
/// (bad_record): the message names source, file, element and what to do.
Result<FxAnswer> decode_ecb(std::string_view file, std::string_view body);

}  // namespace cryptostream
