// Several values in one, as Kafka Streams packs those of one key, time and side that a join has not matched.
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/core/result.h>
#include <cryptostream/state/store_buffers.h>

#include <functional>
#include <string>

namespace cryptostream {

/// Makes `packed` end in `value`: `01 | int32 count | (int32 length | side | value)*`. An empty `packed` is a list
/// without values.
void append_value(std::string& packed, UnmatchedStore::Side side, BytesView value);

/// Visits the values in the order in which they were added. Errors: what `visit` returns; failure, if the list is
/// damaged.
Result<void> decode_values(BytesView packed, const std::function<Result<void>(BytesView)>& visit);

/// True if it says that it has more than one value.
bool holds_several(BytesView packed);

}  // namespace cryptostream
