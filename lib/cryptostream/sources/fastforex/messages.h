// FastForex's answers.
#pragma once

#include <cryptostream/sources/fx_table.h>

#include <string_view>

namespace cryptostream {

/// Decodes the answer of `endpoint` ("/fetch-multi", "/fetch-all", "/fetch-one"). Its time is `updated`, in any of the
/// forms that are documented. Errors (bad_record): the message names source, endpoint, field and what to do.
Result<FxAnswer> decode_fastforex(std::string_view endpoint, std::string_view body);

}  // namespace cryptostream
