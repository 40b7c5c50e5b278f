// Frankfurter's answers.
#pragma once

#include <cryptostream/sources/fx_table.h>

#include <string_view>

namespace cryptostream {

/// Decodes the answer of `endpoint` ("/v1/latest"): the rates of one day. Errors (bad_record): the message names
/// source, endpoint, field and what to do.
Result<FxAnswer> decode_frankfurter(std::string_view endpoint, std::string_view body);

}  // namespace cryptostream
